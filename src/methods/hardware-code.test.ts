import { Secret, TOTP } from 'otpauth'
import { expect, it, test } from 'vitest'
import { seconds } from '../lib/clock.ts'
import { newBase32 } from '../lib/random.ts'
import type { Judged, MethodContext } from '../method.ts'
import { appCode } from './app-code.ts'
import { contextOf, methodConformance } from './conformance.ts'
import { hardwareCode } from './hardware-code.ts'

type Token = { seed: string; algorithm?: string; digits?: number; period?: number }

/** The other implementation: what the token's display would show at a moment. */
const shown = ({ seed, ...token }: Token, now: number): string =>
  new TOTP({ ...token, secret: Secret.fromBase32(seed) }).generate({ timestamp: now })

const imported = (context: MethodContext, { seed, ...fields }: Token): string =>
  hardwareCode.fromImport(context, { secret: seed, ...fields }) ?? 'not imported'

methodConformance(hardwareCode, context => {
  const seed = newBase32(context.random, 32)
  return {
    secret: imported(context, { seed }),
    answer: () => shown({ seed }, context.now),
    hidden: [seed, seed.slice(0, 8)],
  }
})

const context = contextOf('hardware code')
const seed = newBase32(context.random, 64)
const judgeAt = (secret: string, now: number, code: string, strict = false): Judged =>
  hardwareCode.judge({ ...context, now, strict }, secret, '', { kind: 'code', code })

/** Every kind of token that the trade sells. */
const KINDS = ['SHA1', 'SHA256'].flatMap(algorithm =>
  [6, 8].flatMap(digits => [30, 60].map(period => ({ seed, algorithm, digits, period }))),
)

test.each(KINDS)(
  '$algorithm, $digits digits, $period s: this step and one either side, strict this alone',
  token => {
    const secret = imported(context, token)
    for (let away = -3; away <= 3; away++) {
      const code = shown(token, context.now + away * seconds(token.period))
      expect(judgeAt(secret, context.now, code).verdict, `${away}`).toBe(
        Math.abs(away) <= 1 ? 'passed' : 'failed',
      )
      expect(judgeAt(secret, context.now, code, true).verdict, `${away}`).toBe(
        away === 0 ? 'passed' : 'failed',
      )
    }
  },
)

it('does not move its window after a clock that drifts', () => {
  const ahead = shown({ seed }, context.now + seconds(30))
  const used = judgeAt(imported(context, { seed }), context.now, ahead).secret ?? ''
  const later = context.now + seconds(600)
  expect(judgeAt(used, later, shown({ seed }, later + seconds(60))).verdict).toBe('failed')
  expect(judgeAt(used, later, shown({ seed }, later + seconds(30))).verdict).toBe('passed')
})

it('says the same length for every token, and takes what this one shows', () => {
  const six = imported(context, { seed })
  const eight = imported(context, { seed, digits: 8 })
  expect(hardwareCode.begin(context, six)).toEqual(hardwareCode.begin(context, eight))
  expect(judgeAt(eight, context.now, shown({ seed, digits: 8 }, context.now)).verdict).toBe('passed')
  expect(judgeAt(eight, context.now, shown({ seed }, context.now)).verdict).toBe('failed')
})

it('is one channel with an app that was given its seed', () => {
  const app = appCode.fromImport(context, { secret: seed }) ?? ''
  expect(hardwareCode.channel(imported(context, { seed, period: 60 }))).toBe(appCode.channel(app))
})

it('is registered by an administrator alone', () => {
  expect(hardwareCode.enroll).toBeNull()
})
