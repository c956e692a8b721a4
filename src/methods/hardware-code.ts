import type { Method } from '../method.ts'
import { importedTotp, judgeTotp, newTotp, totpChannel, totpLifetimeMs, writeTotp } from './totp.ts'

/**
 * What every page says of the length, and the most that a code has: some tokens show six digits and some eight, and whose
 * are which must not tell who has one (ENU-01).
 */
const DIGITS_MAX = 8

/**
 * The code that an OATH token shows, a small device with a clock and a seed of its own (RFC 6238). An administrator assigns
 * it by `postern token import`, and its owner activates it with a first code.
 *
 * The window is that of an app (OTP-02). A token's clock drifts, and RFC 6238 section 6 would let the window move after it;
 * but then codes count that OTP-02 refuses, so it stays where it is, and a token that has drifted out is replaced.
 */
export const hardwareCode: Method = {
  name: 'hardware_code',
  sends: false,
  lifetimeMs: totpLifetimeMs,
  channel: totpChannel,
  hasUses: () => true,
  hint: () => null,
  address: () => null,
  decoySecret: ({ random }) => writeTotp(newTotp(random)),
  begin: () => ({ prompt: { kind: 'code', format: 'digits', length: DIGITS_MAX }, state: '' }),
  judge: judgeTotp,
  fromImport: importedTotp,
  enroll: null,
}
