import { describe, expect, it, test } from 'vitest'
import { type Algorithm, type Authenticator, createAuthenticator, type Lie } from '../../rig/authenticator.ts'
import { passkeyOwner, registeredSecret } from '../../rig/passkeys.ts'
import { PASSKEY_SITE } from '../../rig/world.ts'
import { deadline, minutes } from '../lib/clock.ts'
import { newToken } from '../lib/random.ts'
import type { Answer, Assertion, Begun, PasskeyPrompt } from '../method.ts'
import { contextOf } from './conformance.ts'
import { judged, possessionConformance } from './conformance-possession.ts'
import { createPasskey, rpIdOf } from './passkey.ts'

const passkey = createPasskey(PASSKEY_SITE)
const { origin } = PASSKEY_SITE
const context = contextOf('passkey')

const optionsOf = ({ prompt }: Begun): PasskeyPrompt['options'] => {
  if (prompt.kind !== 'passkey') throw new Error('another prompt')
  return prompt.options
}
const answerWith = (assertion: Assertion): Answer => ({ kind: 'passkey', assertion })

/** Each is what the right answer is, but for one thing. */
const LIES: Readonly<Record<string, Lie>> = {
  'another origin': { origin: 'https://reset.example.test.evil.example' },
  'plain http': { origin: 'http://reset.example.test' },
  'another relying party': { rpId: 'evil.example' },
  'the parent domain as relying party': { rpId: 'example.test' },
  'another challenge': { challenge: newToken(context.random) },
  'a registration': { type: 'webauthn.create' },
  'the page of another site around it': { crossOrigin: true },
  'another user handle': { user: Buffer.from('somebody else').toString('base64url') },
  'no user handle': { user: undefined },
  'a person who was not verified': { flags: 0x01 },
  'nobody there': { flags: 0x04 },
  'the id of another credential': { id: createAuthenticator().id },
  'garbage for extensions': { flags: 0x85, more: Buffer.from('bf9f5f7fffff1b7fffffffffffffff', 'hex') },
  'arrays without end': { flags: 0x85, more: Buffer.alloc(1_500, 0x81) },
  'a credential that is too long': {
    flags: 0x45,
    more: Buffer.concat([Buffer.alloc(16), Buffer.alloc(2, 255)]),
  },
  'bytes behind the end': { more: Buffer.from('00') },
}

const tampered = (assertion: Assertion, part: keyof Assertion['response']): Assertion => {
  const bytes = Buffer.from(assertion.response[part] ?? '', 'base64url')
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  return { ...assertion, response: { ...assertion.response, [part]: bytes.toString('base64url') } }
}

const secretWith = (authenticator: Authenticator, user = newToken(context.random)): Promise<string> =>
  registeredSecret(passkey, context, passkeyOwner(user), authenticator, origin)

possessionConformance(passkey, async () => {
  const authenticator = createAuthenticator()
  const secret = await secretWith(authenticator)
  const { id, key, user } = JSON.parse(secret)
  return {
    secret,
    answer: begun => answerWith(authenticator.assert(optionsOf(begun), origin)),
    wrong(begun) {
      const right = authenticator.assert(optionsOf(begun), origin)
      const told = Object.entries(LIES).map(
        ([what, lie]) => [what, answerWith(authenticator.assert(optionsOf(begun), origin, lie))] as const,
      )
      const parts = ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'] as const
      return {
        ...Object.fromEntries(told),
        ...Object.fromEntries(parts.map(part => [`another ${part}`, answerWith(tampered(right, part))])),
        'a megabyte of signature': answerWith({
          ...right,
          response: { ...right.response, signature: 'A'.repeat(1_000_000) },
        }),
        'a code': { kind: 'code', code: '123456' },
        'what only we may call verified': {
          kind: 'verified',
          ...{ credential: id, challenge: begun.state, user, counter: 99 },
        },
      }
    },
    hidden: [id, key, user],
  }
})

describe('a passkey', () => {
  test.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'of %s is registered and proves, once for each challenge',
    async algorithm => {
      const authenticator = createAuthenticator(algorithm satisfies Algorithm)
      let secret = await secretWith(authenticator)
      for (let uses = 0; uses < 3; uses++) {
        const begun = passkey.begin(context, secret)
        const right = answerWith(authenticator.assert(optionsOf(begun), origin))
        const { verdict, secret: used = '' } = await judged(passkey, context, secret, begun, right)
        expect(verdict).toBe('passed')
        // The same answer against what is kept now: used before.
        expect(await judged(passkey, context, secret, begun, right, used)).toEqual({ verdict: 'failed' })
        secret = used
      }
    },
  )

  it('that counts nothing passes again and again; none passes with a counter that stands still or goes back', async () => {
    const synced = createAuthenticator('ES256', false)
    const key = createAuthenticator()
    const judge = async (one: Authenticator, secret: string, lie: Lie) => {
      const begun = passkey.begin(context, secret)
      return judged(passkey, context, secret, begun, answerWith(one.assert(optionsOf(begun), origin, lie)))
    }
    const uncounted = await judge(synced, await secretWith(synced), {})
    expect((await judge(synced, uncounted.secret ?? '', {})).verdict).toBe('passed')
    const counted = await judge(key, await secretWith(key), { counter: 7 })
    expect(counted.verdict).toBe('passed')
    for (const counter of [7, 6, 0])
      expect((await judge(key, counted.secret ?? '', { counter })).verdict, `${counter}`).toBe('failed')
    expect((await judge(key, counted.secret ?? '', { counter: 8 })).verdict).toBe('passed')
  })

  it('that counts nothing is held to its challenge: once, and the one that is open', async () => {
    const synced = createAuthenticator('ES256', false)
    const secret = await secretWith(synced)
    const begun = passkey.begin(context, secret)
    const right = answerWith(synced.assert(optionsOf(begun), origin))
    const { secret: used = '' } = await judged(passkey, context, secret, begun, right)
    expect(await judged(passkey, context, secret, begun, right, used)).toEqual({ verdict: 'failed' })
    const prepared = await passkey.prepare?.(context, secret, begun.state, right, deadline(1_000))
    const later = passkey.begin(context, secret)
    expect(passkey.judge(context, secret, later.state, prepared ?? right)).toEqual({ verdict: 'failed' })
    expect(passkey.judge(context, secret, begun.state, prepared ?? right).verdict).toBe('passed')
  })

  it('is asked for without naming anybody’s, by a challenge of 256 bits that never comes again', async () => {
    const secret = await secretWith(createAuthenticator())
    const begun = [passkey.begin(context, secret), passkey.begin(context, passkey.decoySecret(context))]
    expect(Object.keys(optionsOf(begun[0] as Begun))).toEqual([
      'challenge',
      'timeout',
      'rpId',
      'userVerification',
    ])
    const challenges = begun.map(one => optionsOf(one).challenge)
    for (const challenge of challenges) expect(Buffer.from(challenge, 'base64url')).toHaveLength(32)
    expect(new Set(challenges).size).toBe(2)
    expect(begun.map(({ state }) => state)).toEqual(challenges)
  })

  it('is a channel of its own, and belongs to one domain', async () => {
    const secrets = await Promise.all([1, 2].map(() => secretWith(createAuthenticator(), 'one person')))
    expect(new Set(secrets.map(passkey.channel)).size).toBe(2)
    expect(secrets.map(rpIdOf)).toEqual([PASSKEY_SITE.rpId, PASSKEY_SITE.rpId])
  })

  it('comes from no import', () => {
    expect(passkey.fromImport(context, { id: 'x', key: 'y' })).toBeNull()
  })
})

describe('registering one', () => {
  const owner = passkeyOwner('a pseudonym')
  const begin = async (registered: readonly string[] = []) => {
    const begun = await passkey.enroll?.begin(context, { ...owner, registered }, null)
    if (!begun || 'secret' in begun || begun.prompt.kind !== 'passkey') throw new Error('nothing was begun')
    return { options: begun.prompt.options, state: begun.state }
  }

  it('asks for a discoverable key behind a fingerprint, a face or a PIN, and names nobody in its handle', async () => {
    const { options } = await begin()
    expect(options).toMatchObject({
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      timeout: minutes(5),
      rp: { id: PASSKEY_SITE.rpId, name: 'Example' },
    })
    expect(options.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-7, -8, -257])
    const handle = Buffer.from(options.user.id, 'base64url')
    expect(handle.toString()).toBe(owner.id)
    expect(handle.length).toBeLessThanOrEqual(64)
  })

  it('leaves out the authenticators that hold one already', async () => {
    const authenticator = createAuthenticator()
    const { options } = await begin([await secretWith(authenticator)])
    expect(options.excludeCredentials).toEqual([{ type: 'public-key', id: authenticator.id }])
  })

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['another challenge', { challenge: 'AAAA' }],
    ['an assertion', { type: 'webauthn.get' }],
    ['the page of another site around it', { crossOrigin: true }],
    ['a person who was not verified', { flags: 0x41 }],
    ['no key', { flags: 0x05 }],
    ['another id beside it', { id: 'AAAA' }],
  ] satisfies [string, Lie][])('refuses %s', async (_what, lie) => {
    const { options, state } = await begin()
    const attestation = createAuthenticator().register(options, origin, lie)
    expect(await passkey.enroll?.finish(context, state, { kind: 'new_passkey', attestation })).toBeNull()
  })

  it('refuses garbage, and the state of another time', async () => {
    const { options } = await begin()
    const later = await begin()
    const attestation = createAuthenticator().register(options, origin)
    const finish = (answer: Answer) => passkey.enroll?.finish(context, later.state, answer)
    expect(await finish({ kind: 'new_passkey', attestation })).toBeNull()
    for (const attestationObject of ['', 'AA', 'oWNmbXQ', 'gYGBgYGBgYGB', 'v59fX1__', 'A'.repeat(100_000)]) {
      const response = { ...attestation.response, attestationObject }
      expect(await finish({ kind: 'new_passkey', attestation: { ...attestation, response } })).toBeNull()
    }
    expect(await finish({ kind: 'code', code: '123456' })).toBeNull()
  })
})
