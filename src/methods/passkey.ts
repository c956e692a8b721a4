import { createHash, ECDH } from 'node:crypto'
import { AppError } from '../errors.ts'
import { minutes } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import type {
  Answer,
  BegunEnroll,
  Judged,
  Method,
  MethodContext,
  Owner,
  PasskeyCreation,
  PasskeyPrompt,
} from '../method.ts'
import { PROFILES, RESET_MINUTES_MAX } from '../settings.ts'

/** Where passkeys belong: the origin of the portal, and the domain that they were registered for (WebAuthn 4). */
export type PasskeySite = { readonly origin: string; readonly rpId: string }

/**
 * `id` as the authenticator named it, `key` in COSE (RFC 9052 section 7), both base64url. `user`: the handle that comes back with
 * each assertion. `last`: the challenge that passed last, so that it never passes again.
 */
type Secret = {
  readonly id: string
  readonly key: string
  readonly user: string
  readonly rpId: string
  readonly counter: number
  readonly last: string
}

/** What browsers are asked to wait for a person; they may take less. */
const PROMPT_MS = minutes(5)
const ENROLL_MS = minutes(10)

/** ES256, EdDSA, RS256 (RFC 9053, RFC 8812). */
const ALGORITHMS = [-7, -8, -257] as const

/**
 * A passkey (WebAuthn Level 3): on a phone or a security key, synced or not, behind a fingerprint, a face or a PIN. The request
 * names no credential, so that nobody's looks like somebody's (decisions 3.6).
 */
export const createPasskey = (site: PasskeySite): Method => ({
  name: 'passkey',
  sends: false,
  // Nothing is sent that could grow old: the challenge lives as long as a reset can.
  lifetimeMs: strict => minutes(strict ? PROFILES.strict.resetMinutes : RESET_MINUTES_MAX),
  channel: secret => `passkey:${createHash('sha256').update(read(secret).id).digest('base64url')}`,
  hint: () => null,
  address: () => null,
  hasUses: () => true,
  decoySecret: ({ random }) =>
    JSON.stringify(
      secretOf(site, { id: newId(random), key: nobodysKey(), user: newToken(random), counter: 0 }),
    ),
  begin(context) {
    const { prompt, challenge } = request(site, context)
    return { prompt, state: challenge }
  },
  isNamed: (secret, answer) => credentialIn(answer) === read(secret).id,
  prepare: (_context, secret, state, answer) => verified(site, read(secret), state, answer),
  judge: (_context, secret, state, answer) => judge(read(secret), state, answer),
  enroll: {
    asks: null,
    lifetimeMs: ENROLL_MS,
    begin: (context, owner) => beginEnroll(site, context, owner),
    finish: (_context, state, answer) => finishEnroll(site, state, answer),
  },
  fromImport: () => null,
})

/** The domain that this passkey belongs to, and no other (decisions 3.6). */
export const rpIdOf = (secret: string): string => read(secret).rpId

function request(
  { rpId }: PasskeySite,
  { random }: MethodContext,
): { prompt: PasskeyPrompt; challenge: string } {
  const challenge = newToken(random)
  const options = { challenge, timeout: PROMPT_MS, rpId, userVerification: 'required' } as const
  return { prompt: { kind: 'passkey', options }, challenge }
}

const credentialIn = (answer: Answer): string | null =>
  answer.kind === 'passkey' ? answer.assertion.id : answer.kind === 'verified' ? answer.credential : null

/** What `judge` never passes. */
const NOTHING: Answer = { kind: 'code', code: '' }

/** Loads its package with the first use. Only what comes from here counts as verified. */
async function verified(
  site: PasskeySite,
  secret: Secret,
  challenge: string,
  answer: Answer,
): Promise<Answer> {
  if (answer?.kind !== 'passkey') return NOTHING
  const { verifyAssertion } = await import('./passkey-verify.ts')
  return (await verifyAssertion({ ...site, challenge }, secret, answer.assertion)) ?? NOTHING
}

/** The signature is right when this is asked; here it is held against what may have changed since. */
function judge(secret: Secret, challenge: string, answer: Answer): Judged {
  if (answer?.kind !== 'verified') return { verdict: 'failed' }
  const { counter } = answer
  const isMine = answer.credential === secret.id && answer.user === secret.user
  const isNow = answer.challenge === challenge && challenge !== secret.last
  // A counter that does not rise is that of a copy; most passkeys count nothing (WebAuthn 6.1.1).
  const rises = counter > secret.counter || (counter === 0 && secret.counter === 0)
  if (!isMine || !isNow || !rises) return { verdict: 'failed' }
  return { verdict: 'passed', secret: JSON.stringify({ ...secret, counter, last: challenge }) }
}

/** Discoverable and behind a fingerprint, a face or a PIN; the handle is a pseudonym, and the name is for the person's own list. */
function beginEnroll({ rpId }: PasskeySite, { random }: MethodContext, owner: Owner): BegunEnroll {
  const challenge = newToken(random)
  const options: PasskeyCreation = {
    challenge,
    rp: { id: rpId, name: owner.organisation },
    user: { id: handleOf(owner), name: owner.login, displayName: owner.displayName },
    pubKeyCredParams: ALGORITHMS.map(alg => ({ type: 'public-key', alg })),
    timeout: PROMPT_MS,
    attestation: 'none',
    excludeCredentials: (owner.registered ?? []).map(secret => ({ type: 'public-key', id: read(secret).id })),
    authenticatorSelection: {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    },
  }
  return { prompt: { kind: 'passkey', options }, state: JSON.stringify([challenge, handleOf(owner)]) }
}

/** Bytes in base64url, at most 64 of them (WebAuthn 5.4.3). */
const handleOf = ({ id }: Owner): string => Buffer.from(id).toString('base64url')

async function finishEnroll(site: PasskeySite, state: string, answer: Answer): Promise<string | null> {
  if (answer?.kind !== 'new_passkey') return null
  // as: what beginEnroll wrote, and the seal around it vouches for it.
  const [challenge, user] = JSON.parse(state) as [string, string]
  const { verifyAttestation } = await import('./passkey-verify.ts')
  const made = await verifyAttestation({ ...site, challenge }, ALGORITHMS, answer.attestation)
  return made && JSON.stringify(secretOf(site, { ...made, user }))
}

type Made = Pick<Secret, 'id' | 'key' | 'user' | 'counter'>

const secretOf = ({ rpId }: PasskeySite, made: Made): Secret => ({ ...made, rpId, last: '' })

let drawn: string | null = null

/**
 * The public key of all decoys: a point of P-256 whose first half is the digest of a sentence, so that nobody can know the
 * private key to it.
 */
function nobodysKey(): string {
  if (drawn !== null) return drawn
  const half = createHash('sha256').update('Postern: a passkey that nobody holds 0').digest()
  const point = ECDH.convertKey(
    Buffer.concat([Buffer.from([2]), half]),
    'prime256v1',
    undefined,
    undefined,
    'uncompressed',
  )
  drawn = coseOf(Buffer.from(point))
  return drawn
}

/** {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053 section 7.1.1) from an uncompressed point. */
const coseOf = (point: Buffer): string =>
  Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    point.subarray(1, 33),
    Buffer.from('225820', 'hex'),
    point.subarray(33),
  ]).toString('base64url')

/** We wrote it, and it was authenticated when it was opened. The parser's own words would quote it: they are dropped. */
function read(text: string): Secret {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('internal', 'A passkey cannot be read.')
  }
}
