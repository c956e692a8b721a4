import { Secret, TOTP } from 'otpauth'
import { describe, expect, it, test } from 'vitest'
import { seconds } from '../lib/clock.ts'
import { newBase32 } from '../lib/random.ts'
import type { Judged, MethodContext } from '../method.ts'
import { appCode } from './app-code.ts'
import { contextOf, methodConformance } from './conformance.ts'

type Device = { algorithm?: string; digits?: number; period?: number; seed?: string }

/** The other implementation: what an authenticator app would show at a moment. */
const shown = (device: Device & { seed: string }, now: number): string =>
  new TOTP({ ...device, secret: Secret.fromBase32(device.seed) }).generate({ timestamp: now })

const imported = (context: MethodContext, { seed, ...fields }: Device): string =>
  appCode.fromImport(context, { secret: seed, ...fields }) ?? 'not imported'

methodConformance(appCode, context => {
  const seed = newBase32(context.random, 32)
  return {
    secret: imported(context, { seed }),
    answer: () => shown({ seed }, context.now),
    hidden: [seed, seed.slice(0, 8)],
  }
})

const context = contextOf('app code')
const seed = newBase32(context.random, 32)
const judgeAt = (secret: string, now: number, code: string, strict = false): Judged =>
  appCode.judge({ ...context, now, strict }, secret, '', { kind: 'code', code })

/** RFC 6238 appendix B, all 18 rows: the seed is as long as the digest. */
const ascii = (length: number): string =>
  new Secret({ buffer: new TextEncoder().encode('1234567890'.repeat(7).slice(0, length)).buffer }).base32
const VECTORS: readonly [number, string, string, string][] = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
]

describe('the code of RFC 6238', () => {
  test.each(VECTORS)('at %i s is the one of appendix B, for each digest', (at, sha1, sha256, sha512) => {
    for (const [algorithm, length, code] of [
      ['SHA1', 20, sha1],
      ['SHA256', 32, sha256],
      ['SHA512', 64, sha512],
    ] as const) {
      const secret = imported(context, { seed: ascii(length), algorithm, digits: 8 })
      expect(judgeAt(secret, seconds(at), code, true).verdict, algorithm).toBe('passed')
      expect(judgeAt(secret, seconds(at), code.slice(2), true).verdict).toBe('failed')
    }
  })

  test('is what another implementation shows, for every kind of device', () => {
    for (const algorithm of ['SHA1', 'SHA256', 'SHA512'])
      for (const digits of [6, 8])
        for (const period of [30, 60]) {
          const device = { algorithm, digits, period, seed: newBase32(context.random, 52) }
          for (let at = 0; at < 20; at++) {
            const now = context.now + at * 7_654_321
            expect(judgeAt(imported(context, device), now, shown(device, now), true).verdict).toBe('passed')
          }
        }
  })
})

describe('the window', () => {
  test.each([30, 60])(
    'of a clock of %i s is this step and one either side; strict: this step alone',
    period => {
      const device = { seed, period }
      const secret = imported(context, device)
      for (let away = -3; away <= 3; away++) {
        const code = shown(device, context.now + away * seconds(period))
        expect(judgeAt(secret, context.now, code).verdict, `${away}`).toBe(
          Math.abs(away) <= 1 ? 'passed' : 'failed',
        )
        expect(judgeAt(secret, context.now, code, true).verdict, `${away}`).toBe(
          away === 0 ? 'passed' : 'failed',
        )
      }
    },
  )

  it('moves to the millisecond', () => {
    const secret = imported(context, { seed })
    const code = shown({ seed }, context.now)
    expect(judgeAt(secret, context.now + seconds(60) - 1, code).verdict).toBe('passed')
    expect(judgeAt(secret, context.now + seconds(60), code).verdict).toBe('failed')
    expect(judgeAt(secret, context.now - seconds(30), code).verdict).toBe('passed')
    expect(judgeAt(secret, context.now - seconds(30) - 1, code).verdict).toBe('failed')
  })
})

describe('a step that was accepted', () => {
  it('is never accepted again, nor an earlier one; a later one is', () => {
    const now = context.now
    const code = (steps: number): string => shown({ seed }, now + steps * seconds(30))
    const used = judgeAt(imported(context, { seed }), now, code(0)).secret ?? ''
    for (const later of [0, 15, 30, 59])
      expect(judgeAt(used, now + seconds(later), code(0)).verdict).toBe('failed')
    expect(judgeAt(used, now, code(-1)).verdict).toBe('failed')
    const again = judgeAt(used, now, code(1))
    expect(again.verdict).toBe('passed')
    expect(judgeAt(again.secret ?? '', now + seconds(30), code(1)).verdict).toBe('failed')
    expect(judgeAt(again.secret ?? '', now + seconds(30), code(2)).verdict).toBe('passed')
  })

  it('takes the neighbour with it where both happen to have one code', () => {
    // Found by search: with the seed of the RFC this step and the next both show 963181.
    const twins = { seed: ascii(20) }
    const now = Date.UTC(2026, 1, 23, 9)
    expect([shown(twins, now), shown(twins, now + seconds(30))]).toEqual(['963181', '963181'])
    const used = judgeAt(imported(context, twins), now, '963181').secret ?? ''
    for (const later of [30, 60]) expect(judgeAt(used, now + seconds(later), '963181').verdict).toBe('failed')
  })

  it('tells nothing of a failure: no secret comes back', () => {
    expect(judgeAt(imported(context, { seed }), context.now, '000000')).toEqual({ verdict: 'failed' })
  })
})

describe('an import', () => {
  it('takes base32 as people copy it', () => {
    const plain = imported(context, { seed })
    for (const spelled of [seed.toLowerCase(), ` ${seed} `, seed.replace(/(.{4})/g, '$1 '), `${seed}======`])
      expect(imported(context, { seed: spelled })).toBe(plain)
    expect(appCode.fromImport(context, { login: 'ann', method: 'app_code', secret: seed })).toBe(plain)
    expect(imported(context, { seed, algorithm: 'sha-256' })).toBe(
      imported(context, { seed, algorithm: 'SHA256' }),
    )
  })

  it('takes 128 bits and no less', () => {
    expect(imported(context, { seed: seed.slice(0, 26) })).toContain(seed.slice(0, 26))
    expect(imported(context, { seed: seed.slice(0, 24) })).toBe('not imported')
    expect(imported(context, { seed: 'A'.repeat(205) })).not.toBe('not imported')
    expect(imported(context, { seed: 'A'.repeat(208) })).toBe('not imported')
  })

  const refused: readonly Record<string, unknown>[] = [
    { secret: `${seed}1` },
    { secret: seed.slice(0, 27) },
    { secret: seed, digits: 7 },
    { secret: seed, digits: '6' },
    { secret: seed, period: 15 },
    { secret: seed, algorithm: 'MD5' },
    { secret: seed, algorithm: 1 },
    { secret: seed, algorithm: ['SHA1'] },
    { secret: seed, digit: 8 },
    { secret: [seed] },
  ]
  test.each(refused)('refuses %o', fields => {
    expect(appCode.fromImport(context, fields)).toBeNull()
  })
})

it('is one channel for one seed, however often it is enrolled, and another for another seed', () => {
  const used = judgeAt(imported(context, { seed }), context.now, shown({ seed }, context.now)).secret ?? ''
  expect(appCode.channel(used)).toBe(appCode.channel(imported(context, { seed, digits: 8 })))
  expect(appCode.channel(appCode.decoySecret(context))).not.toBe(appCode.channel(used))
})
