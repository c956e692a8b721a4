import { BerWriter, Control, PasswordPolicyControl } from 'ldapts'

/** Policy hints: 1.2.840.113556.1.4.2239, and the older 2066 (MS-ADTS 3.1.1.3.4.1.27). */
export const POLICY_HINTS = ['1.2.840.113556.1.4.2239', '1.2.840.113556.1.4.2066'] as const

export const PASSWORD_POLICY = PasswordPolicyControl.type

/**
 * Judges a modification and makes none (draft-zeilenga-ldap-noop): its assigned number, and the one that OpenLDAP
 * 2.5 still knows it by. Servers do not announce it.
 */
export const NO_OP = ['1.3.6.1.4.1.4203.1.10.2', '1.3.6.1.4.1.4203.666.5.2'] as const

/** Which parts of a security descriptor are given (MS-ADTS 3.1.1.3.4.1.11). */
const SD_FLAGS = '1.2.840.113556.1.4.801'

class ValuedControl extends Control {
  readonly #value: Buffer
  constructor(type: string, value: Buffer) {
    super(type, { critical: true })
    this.#value = value
  }
  protected override writeControl(writer: BerWriter): void {
    if (this.#value.length > 0) writer.writeBuffer(this.#value, 0x04)
  }
}

/** SEQUENCE { INTEGER flags }. */
const flags = (value: number): Buffer => {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(value)
  writer.endSequence()
  return writer.buffer
}

/** Critical: where the server does not enforce the history after all, nothing is written. Flag 1 asks for it. */
export const policyHints = (type: string): Control => new ValuedControl(type, flags(1))

/** The DACL alone. */
export const daclOnly = (): Control => new ValuedControl(SD_FLAGS, flags(4))

export const noOp = (type: string): Control => new ValuedControl(type, Buffer.alloc(0))

/** A new one for every call: the answer is parsed into it. */
export const passwordPolicy = (): PasswordPolicyControl => new PasswordPolicyControl()
