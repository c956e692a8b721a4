import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import { cryptoWorkOf } from '../../rig/crypto-work.ts'
import { keysOf } from '../../rig/keys.ts'
import { seededRandom } from '../../rig/random.ts'
import type { Answer, Begun, Judged, Method, MethodContext } from '../method.ts'

/** Somebody who holds what a method asks for. */
export type Owner = {
  readonly secret: string
  /** What the owner types, having seen what was begun and what was sent. */
  answer(begun: Begun): string
  /** Texts that nobody but the owner may read. */
  readonly hidden: readonly string[]
}

/** Chance, time and keys of a test; the same seed gives the same codes. */
export const contextOf = (seed: string): MethodContext => ({
  now: fakeClock().now(),
  random: seededRandom(seed),
  keys: keysOf('methods'),
  strict: false,
  reference: 'K7-4QF',
})

/** What every method keeps, whatever it asks for. `newOwner` enrolls somebody with the chance of the context. */
export function methodConformance(method: Method, newOwner: (context: MethodContext) => Owner): void {
  const context = contextOf(`${method.name} conformance`)
  const judge = (secret: string, begun: Begun, code: unknown): Judged =>
    // Answers of every type must be survived, those too that the compiler would refuse.
    method.judge(context, secret, begun.state, { kind: 'code', code } as Answer)
  const fresh = (): { owner: Owner; begun: Begun; right: string } => {
    const owner = newOwner(context)
    const begun = method.begin(context, owner.secret)
    return { owner, begun, right: owner.answer(begun) }
  }

  describe(`the method ${method.name}, like every method,`, () => {
    it('passes the right answer, with the gaps and the case that people type', () => {
      const { owner, begun, right } = fresh()
      for (const typed of [
        right,
        ` ${right} `,
        right.split('').join('-'),
        right.split('').join(' '),
        right.toLowerCase(),
      ])
        expect(judge(owner.secret, begun, typed).verdict, typed).toBe('passed')
    })

    it('fails an answer with any one character changed, missing or added', () => {
      const { owner, begun, right } = fresh()
      for (const wrong of almost(right))
        expect(judge(owner.secret, begun, wrong), wrong).toEqual({ verdict: 'failed' })
    })

    it('passes no answer twice', () => {
      const { owner, begun, right } = fresh()
      const judged = judge(owner.secret, begun, right)
      expect(judged.verdict).toBe('passed')
      const secret = judged.secret ?? owner.secret
      expect(judge(secret, method.begin(context, secret), right)).toEqual({ verdict: 'failed' })
      // What sends is used once by the flow; what does not must say itself that it is used.
      expect(judged.secret === undefined).toBe(method.sends)
    })

    it('fails the answer of another enrollment, with that one’s state or its own', () => {
      const one = fresh()
      const other = fresh()
      expect(judge(other.owner.secret, other.begun, one.right).verdict).toBe('failed')
      expect(judge(other.owner.secret, one.begun, one.right).verdict === 'passed').toBe(false)
    })

    it('fails every malformed answer, without an exception and without work', () => {
      const { owner, begun, right } = fresh()
      for (const code of malformed(right)) {
        const work = cryptoWorkOf(() => {
          expect(judge(owner.secret, begun, code), inspect(code).slice(0, 60)).toEqual({ verdict: 'failed' })
        })
        expect(work, inspect(code).slice(0, 60)).toMatchObject({
          createHmac: 0,
          pbkdf2: 0,
          timingSafeEqual: 0,
        })
      }
      for (const answer of [null, undefined, 7, 'code', [], {}])
        expect(method.judge(context, owner.secret, begun.state, answer as Answer)).toEqual({
          verdict: 'failed',
        })
    })

    it('compares in constant time, and as often for a wrong answer as for the right one', () => {
      const { owner, begun, right } = fresh()
      const work = (code: string) => cryptoWorkOf(() => judge(owner.secret, begun, code))
      expect(work(right).timingSafeEqual).toBeGreaterThan(0)
      for (const wrong of almost(right).slice(0, right.length)) expect(work(wrong)).toEqual(work(right))
    })

    it('has a decoy of the same shape and the same work, which the real answer does not pass', () => {
      const { owner, begun, right } = fresh()
      const decoy = method.decoySecret(context)
      const shown = method.begin(context, decoy)
      expect(method.decoySecret(context)).not.toBe(decoy)
      expect(shape(shown)).toEqual(shape(begun))
      expect(judge(decoy, shown, right)).toEqual({ verdict: 'failed' })
      expect(judge(decoy, begun, right)).toEqual({ verdict: 'failed' })
      const wrong = almost(right)[0] ?? ''
      expect(cryptoWorkOf(() => judge(decoy, shown, wrong))).toEqual(
        cryptoWorkOf(() => judge(owner.secret, begun, wrong)),
      )
    })

    it('shows nothing secret in a prompt, a hint, a state or an exception', () => {
      const { owner, begun, right } = fresh()
      const hint = method.hint(owner.secret)
      const seen = [
        JSON.stringify([begun.prompt, hint, begun.state]),
        thrownBy(() => judge(`${owner.secret.slice(1)}`, begun, right)),
      ]
      for (const secret of [...owner.hidden, right])
        for (const text of seen) expect(text).not.toContain(secret)
      expect((hint ?? '').replace(/[@….]/g, '').length).toBeLessThanOrEqual(1)
    })

    it('names one channel for one enrollment, and the strict profile waits no longer than the standard one', () => {
      const { owner } = fresh()
      expect(method.channel(owner.secret)).toBe(method.channel(owner.secret))
      expect(method.channel(owner.secret)).toMatch(/^\S{4,300}$/)
      expect(method.lifetimeMs(true)).toBeLessThanOrEqual(method.lifetimeMs(false))
    })

    it('refuses an import of anything but its own fields', () => {
      for (const fields of [
        {},
        { secret: 7 },
        { address: ['a@example.test'] },
        { codes: 'A' },
        { codes: [[]] },
        { __proto__: null },
      ])
        expect(method.fromImport(context, fields as Record<string, unknown>)).toBeNull()
    })
  })
}

/** One character changed (in its own alphabet, and never to a look-alike), one missing, one more. */
function almost(right: string): string[] {
  const letters = [...right]
  const other = (letter: string): string =>
    /[0-9]/.test(letter) ? (letter === '2' ? '3' : '2') : letter === 'A' ? 'C' : 'A'
  const changed = letters.flatMap((letter, at) =>
    letter === '-' ? [] : [letters.with(at, other(letter)).join('')],
  )
  return [
    ...changed.filter(code => code !== right),
    right.slice(1),
    right.slice(0, -1),
    `${right}2`,
    `2${right}`,
  ]
}

/** What attackers send where a code belongs (TOK-12, TOK-13). */
function malformed(right: string): unknown[] {
  const fullWidth = right.replace(/[0-9]/g, digit => String.fromCodePoint(0xff10 + Number(digit)))
  const arabic = [...right].map(() => '\u0661').join('')
  const texts = [
    '',
    ' ',
    '-',
    'null',
    'true',
    '[object Object]',
    '1e5',
    '+12345',
    '12345.',
    '0x1234',
    '%00',
    '\0',
    '\ud800',
    '😀😀😀',
  ]
  const long = [
    '1'.repeat(1_000_000),
    ' '.repeat(1_000_000),
    '-'.repeat(65),
    'A'.repeat(65),
    `${right}${' '.repeat(1_000)}`,
  ]
  const others = [
    undefined,
    null,
    0,
    123456,
    Number.NaN,
    123456n,
    true,
    [],
    [right],
    {},
    { code: right },
    () => right,
    Symbol('code'),
  ]
  const altered = [
    fullWidth === right ? `${right}\uff11` : fullWidth,
    arabic,
    `${right}\0`,
    `\0${right}`,
    `${right}\u200b`,
    `${right}'--`,
  ]
  return [
    ...texts,
    ...long,
    ...others,
    ...altered,
    { toString: () => right },
    Object.assign([right], { length: 1 }),
  ]
}

/** What an onlooker could tell one from the other by. */
const shape = ({ prompt, state, send }: Begun): unknown => ({
  prompt: prompt.kind === 'code' ? { ...prompt, sentTo: typeof prompt.sentTo } : prompt,
  state: state.length,
  send: send && { kind: send.message.kind, fields: Object.keys(send.message) },
})

function thrownBy(deed: () => unknown): string {
  try {
    deed()
    return ''
  } catch (error) {
    return inspect(error, { depth: 10 })
  }
}
