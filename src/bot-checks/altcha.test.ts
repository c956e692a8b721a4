import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { describe, expect, it, test } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import { keysOf, ringOf } from '../../rig/keys.ts'
import { seededRandom } from '../../rig/random.ts'
import type { BotChallenge, BotCheck } from '../bot-check.ts'
import { minutes, seconds } from '../lib/clock.ts'
import { createKeys, type Keys } from '../lib/seal.ts'
import { createAltcha, PRICE, TOKEN_PRICE } from './altcha.ts'
import { botCheckConformance, tokenOf } from './conformance.ts'

const create = (keys: Keys = keysOf('here'), price = TOKEN_PRICE): BotCheck =>
  createAltcha({ keys, random: seededRandom('altcha'), price })

/** A stranger's client: altcha-lib's own solver, handed the challenge as the API gave it. */
async function solve(challenge: BotChallenge): Promise<string> {
  // The API's answer is JSON: its type is the client's to know.
  const given = challenge as unknown as Challenge
  return encode({ challenge, solution: await solveChallenge({ challenge: given, deriveKey }) })
}
const encode = (payload: unknown): string => btoa(JSON.stringify(payload))

botCheckConformance(create, solve)

const clock = fakeClock()
const start = clock.now()
const botCheck = create()
const wrong = { ok: false, reason: 'wrong' }
const malformed = { ok: false, reason: 'malformed' }
const stale = { ok: false, reason: 'stale' }

/** A solved challenge, taken apart so that a test can alter it. */
async function pieces(from = botCheck) {
  const payload = JSON.parse(atob(await solve(await from.challenge(start, false))))
  return payload as {
    challenge: { signature: string; parameters: Record<string, unknown> & { data: object } }
    solution: { counter: number; derivedKey: string }
  }
}

describe('a solution', () => {
  it('is good for twenty minutes to the millisecond, by our clock', async () => {
    const solution = await solve(await botCheck.challenge(start, false))
    const expiresAt = start + minutes(20)
    expect(await botCheck.verify(solution, expiresAt - 1)).toMatchObject({ ok: true, expiresAt, dear: false })
    expect(await botCheck.verify(solution, expiresAt)).toEqual(stale)
  })

  it('keeps its token however it is spelled, so that a caller who remembers it refuses every replay', async () => {
    const payload = await pieces()
    const { challenge, solution } = payload
    const reordered = { solution, challenge: { ...challenge, parameters: reversed(challenge.parameters) } }
    const spellings = [
      payload,
      reordered,
      { ...payload, more: 1 },
      { challenge: { kind: 'x', ...challenge }, solution },
    ]
    const used = new Set<string>()
    const admitted: boolean[] = []
    for (const spelling of spellings) {
      const verdict = await botCheck.verify(encode(spelling), start)
      expect(verdict.ok).toBe(true)
      admitted.push(!used.has(tokenOf(verdict)))
      used.add(tokenOf(verdict))
    }
    expect(admitted).toEqual([true, false, false, false])
  })

  it('is refused where any part of the challenge was altered', async () => {
    const { challenge, solution } = await pieces()
    const { parameters } = challenge
    const altered: readonly Record<string, unknown>[] = [
      { cost: 2 },
      { keyPrefix: '00' },
      { nonce: '00'.repeat(16) },
      { salt: '00'.repeat(16) },
      { keySignature: '00'.repeat(32) },
      { data: { ...parameters.data, expires_ms: start + minutes(60) } },
      { data: { ...parameters.data, dear: true } },
    ]
    for (const change of altered)
      expect(
        await botCheck.verify(
          encode({ challenge: { ...challenge, parameters: { ...parameters, ...change } }, solution }),
          start,
        ),
      ).toEqual(wrong)
    for (const signature of [
      '',
      '0'.repeat(64),
      challenge.signature.toUpperCase(),
      `${challenge.signature} `,
    ])
      expect(
        await botCheck.verify(encode({ challenge: { ...challenge, signature }, solution }), start),
      ).toEqual(wrong)
  })

  it('is refused where nothing was worked out', async () => {
    const { challenge, solution } = await pieces()
    const derived = [
      String(challenge.parameters['keyPrefix']),
      '00'.repeat(32),
      '',
      'zz',
      solution.derivedKey.toUpperCase(),
    ]
    for (const derivedKey of derived)
      expect(
        await botCheck.verify(encode({ challenge, solution: { ...solution, derivedKey } }), start),
      ).toEqual(wrong)
    for (const counter of [-1, 1.5, 2 ** 32])
      expect(await botCheck.verify(encode({ challenge, solution: { ...solution, counter } }), start)).toEqual(
        wrong,
      )
  })

  it('of another deployment, or forged with a key of one’s own, is wrong', async () => {
    const elsewhere = create(keysOf('elsewhere'))
    expect(await botCheck.verify(await solve(await elsewhere.challenge(start, false)), start)).toEqual(wrong)
  })

  it('outlives a change of keys, until the old key is retired', async () => {
    const old = ringOf('here')
    const newer = ringOf('here', '2026-02-01')
    const solution = await solve(await create(createKeys(old)).challenge(start, false))
    expect(await create(createKeys([...old, ...newer])).verify(solution, start)).toMatchObject({ ok: true })
    expect(await create(createKeys(newer)).verify(solution, start)).toEqual(wrong)
  })
})

const reversed = (record: object): object => Object.fromEntries(Object.entries(record).toReversed())

describe('what is malformed', () => {
  it('is refused as that, whatever its shape', async () => {
    const { challenge, solution } = await pieces()
    const { parameters } = challenge
    const { keySignature: _, ...unsigned } = parameters
    const bad: readonly unknown[] = [
      null,
      [],
      [challenge, solution],
      'text',
      { challenge },
      { solution },
      { challenge: [], solution },
      { challenge: { parameters }, solution },
      { challenge: { ...challenge, signature: [challenge.signature] }, solution },
      { challenge: { ...challenge, parameters: [parameters] }, solution },
      { challenge: { ...challenge, parameters: unsigned }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, memoryCost: 1 } }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, cost: '1' } }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, cost: 1e300 } }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, data: null } }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, data: { expires_ms: {} } } }, solution },
      { challenge, solution: { ...solution, counter: '1' } },
      { challenge, solution: { ...solution, derivedKey: [solution.derivedKey] } },
      { challenge, solution: null },
    ]
    for (const payload of bad)
      expect(await botCheck.verify(encode(payload), start), JSON.stringify(payload)).toEqual(malformed)
    for (const text of [
      '%',
      'e30',
      '===',
      ' e30=',
      '{"challenge":{}}',
      `${encode({ challenge, solution })}\n`,
    ])
      expect(await botCheck.verify(text, start), text).toEqual(malformed)
  })

  it('reaches no prototype', async () => {
    const { challenge, solution } = await pieces()
    const tricks = [
      '{"__proto__":{"challenge":1,"solution":2}}',
      `{"challenge":{"__proto__":${JSON.stringify(challenge)}},"solution":${JSON.stringify(solution)}}`,
      JSON.stringify({ challenge, solution }).replace(
        '"parameters":{',
        '"parameters":{"__proto__":{"cost":1},',
      ),
    ]
    for (const trick of tricks) expect(await botCheck.verify(btoa(trick), start)).toEqual(malformed)
    expect(({} as Record<string, unknown>)['challenge']).toBeUndefined()
  })

  it('is refused above four thousand characters before it is looked at', async () => {
    const { challenge, solution } = await pieces()
    const pad = (length: number) => encode({ challenge, solution, pad: 'x'.repeat(length) })
    expect(await botCheck.verify(pad(2_000), start)).toMatchObject({ ok: true })
    expect(await botCheck.verify(pad(2_600), start)).toEqual(malformed)
    expect(await botCheck.verify(`${'.'.repeat(4_097)}`, start)).toEqual(malformed)
    const deep = `${'{"challenge":'.repeat(200)}1${'}'.repeat(200)}`
    expect(await botCheck.verify(btoa(deep), start)).toEqual(malformed)
  })

  it('is missing where nothing came', async () => {
    expect(await botCheck.verify('', start)).toEqual({ ok: false, reason: 'missing' })
  })
})

describe('the ticket of the page without script', () => {
  test.each([
    [seconds(20) - 1, 'wrong'],
    [seconds(20), 'ok'],
    [minutes(20) - 1, 'ok'],
    [minutes(20), 'stale'],
    [-minutes(1), 'wrong'],
  ])('after %i ms is %s', async (age, outcome) => {
    const verdict = await botCheck.verify(botCheck.ticket(start), start + age)
    expect(verdict.ok ? 'ok' : verdict.reason).toBe(outcome)
    expect(verdict.scriptless).toBe(true)
  })

  it('is one token in every spelling of its signature', async () => {
    const later = start + minutes(1)
    const [body = '', key, tag] = botCheck.ticket(start).split('.')
    const spellings = [
      `${body}.${key}.${tag}`,
      `${body}=.${key}.${tag}`,
      `${body}.${key}.${tag}.x`,
      `${body}%.${key}.${tag}`,
    ]
    const verdicts = await Promise.all(spellings.map(spelling => botCheck.verify(spelling, later)))
    expect(new Set(verdicts.filter(({ ok }) => ok).map(tokenOf)).size).toBe(1)
  })

  it('is refused altered, forged, or signed for something else', async () => {
    const later = start + minutes(1)
    const [, key, tag] = botCheck.ticket(start).split('.')
    const earlier = Buffer.from(`${start - minutes(5)} id`).toString('base64url')
    const others = [create(keysOf('elsewhere')).ticket(start), keysOf('here').sign('cookie', `${start} id`)]
    for (const ticket of [`${earlier}.${key}.${tag}`, `${earlier}.${key}.`, '..', '.', ...others])
      expect(await botCheck.verify(ticket, later)).toMatchObject(wrong)
  })

  it('is another one each time', () => {
    expect(new Set([1, 2, 3].map(() => botCheck.ticket(start))).size).toBe(3)
  })
})

describe('the price', () => {
  it('is 200 to 400 keys of 5,000 rounds, four times as many where it is dear, and a client can tell neither', async () => {
    const drawn: number[] = []
    const random = { ...seededRandom('price'), below: (limit: number) => drawn.push(limit) && limit - 1 }
    const real = createAltcha({ keys: keysOf('here'), random, price: { ...PRICE, cost: 1 } })
    const counters: number[] = []
    for (const dear of [false, true]) {
      const challenge = await real.challenge(start, dear)
      const { solution } = JSON.parse(atob(await solve(challenge)))
      counters.push(solution.counter)
      expect(await real.verify(encode({ challenge, solution }), start)).toMatchObject({ ok: true, dear })
    }
    expect([PRICE.cost, drawn, counters]).toEqual([5_000, [201, 201], [400, 1_600]])
  })
})
