import { normaliseAddress } from '../account.ts'
import { newBase32 } from '../lib/random.ts'
import type { Answer, BegunEnroll, Method, MethodContext } from '../method.ts'
import { isSentCode, mailCodeMs, newSentCode, SENT_DIGITS } from './sent-code.ts'

const FIELDS = ['login', 'method', 'address']

/** A code by mail. The secret is the address itself, as `normaliseAddress` spells it (EML-09). */
export const email: Method = {
  name: 'email',
  sends: true,
  lifetimeMs: mailCodeMs,
  // Many mail systems ignore case in front of the @ as well: two such spellings are never two channels.
  channel: address => `mail:${address.toLowerCase()}`,
  address: address => address,
  hasUses: () => true,
  hint: hintOf,
  // RFC 2606: nothing is ever delivered to .invalid, should a caller forget to drop the message.
  decoySecret: ({ random }) => `${newBase32(random, 12).toLowerCase()}@nobody.invalid`,
  begin(context, address) {
    const { code, state, expiresAt } = newSentCode(context, address, mailCodeMs(context.strict))
    return {
      prompt: { kind: 'code', format: 'digits', length: SENT_DIGITS, sentTo: hintOf(address) },
      state,
      send: { to: address, message: { kind: 'code', code, expiresAt, reference: context.reference } },
    }
  },
  judge: (context, address, state, answer) => ({
    verdict: isSentCode(context, address, state, answer) ? 'passed' : 'failed',
  }),
  fromImport(_context, fields) {
    const { address } = fields
    const known = Object.keys(fields).every(name => FIELDS.includes(name))
    return known && typeof address === 'string' ? normaliseAddress(address.trim()) : null
  },
  enroll: { asks: 'address', lifetimeMs: mailCodeMs(false), begin: beginEnroll, finish: finishEnroll },
}

/** A code to the address as given; whoever types it back can read there (ENR-03). */
function beginEnroll(context: MethodContext, _owner: unknown, given: string | null): BegunEnroll | null {
  const address = normaliseAddress((given ?? '').trim())
  if (address === null) return null
  const { code, state, expiresAt } = newSentCode(context, address, mailCodeMs(context.strict))
  return {
    prompt: { kind: 'code', length: SENT_DIGITS, sentTo: address },
    state: JSON.stringify([address, state]),
    send: {
      to: address,
      message: { kind: 'address_code', code, expiresAt, reference: context.reference },
    },
  }
}

function finishEnroll(context: MethodContext, kept: string, answer: Answer): string | null {
  // as: what beginEnroll wrote, and the seal around it vouches for it.
  const [address, state] = JSON.parse(kept) as [string, string]
  return isSentCode(context, address, state, answer) ? address : null
}

/** Kept: to make one takes a tenth of a millisecond, and a list of methods asks for many hints. */
const letters = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** One letter of the mailbox and nothing of the domain (ENU-07). */
function hintOf(address: string): string {
  const first = letters.segment(address)[Symbol.iterator]().next()
  return `${first.value?.segment ?? ''}…@…`
}
