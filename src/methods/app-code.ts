import { minutes } from '../lib/clock.ts'
import type { BegunEnroll, Method, MethodContext, Owner } from '../method.ts'
import { importedTotp, judgeTotp, newTotp, readTotp, totpChannel, totpLifetimeMs, writeTotp } from './totp.ts'

/** The code that an authenticator app shows: of this moment, or one step of the clock either side of it. */
export const appCode: Method = {
  name: 'app_code',
  sends: false,
  lifetimeMs: totpLifetimeMs,
  channel: totpChannel,
  hasUses: () => true,
  hint: () => null,
  address: () => null,
  decoySecret: ({ random }) => writeTotp(newTotp(random)),
  begin: (_context, secret) => ({
    prompt: { kind: 'code', format: 'digits', length: readTotp(secret).digits },
    state: '',
  }),
  judge: judgeTotp,
  fromImport: importedTotp,
  enroll: {
    asks: null,
    lifetimeMs: minutes(15),
    begin: beginEnroll,
    finish: (context, state, answer) => judgeTotp(context, state, '', answer).secret ?? null,
  },
}

/** A seed of our own; it counts from the first good code on, and that code is used up with it (OTP-01, OTP-06). */
function beginEnroll({ random }: MethodContext, owner: Owner): BegunEnroll {
  const totp = newTotp(random)
  return {
    prompt: { kind: 'app', key: inFours(totp.seed), uri: uriOf(totp.seed, owner), length: totp.digits },
    state: writeTotp(totp),
  }
}

const inFours = (seed: string): string => seed.replace(/(.{4})(?=.)/g, '$1 ')

/** What apps read from a QR code (the Key Uri Format of Google Authenticator, which all of them know). */
function uriOf(seed: string, { login, organisation }: Owner): string {
  const label = `${encodeURIComponent(organisation)}:${encodeURIComponent(login)}`
  return `otpauth://totp/${label}?${new URLSearchParams({ secret: seed, issuer: organisation })}`
}
