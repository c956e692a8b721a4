import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { deadline, seconds } from '../lib/clock.ts'
import type { Answer, Begun, Judged, Method, MethodContext } from '../method.ts'
import { contextOf } from './conformance.ts'

/** Somebody who holds a thing that answers by itself: no code is read or typed. */
export type Holder = {
  readonly secret: string
  answer(begun: Begun): Answer
  /** Answers that come near and are wrong, by what is wrong with them. */
  wrong(begun: Begun): Readonly<Record<string, Answer>>
  /** Texts that nobody but the owner may read. */
  readonly hidden: readonly string[]
}

/** Prepared and judged, as actions do it. `later`: what is kept when it is judged, where that has changed meanwhile. */
export async function judged(
  method: Method,
  context: MethodContext,
  secret: string,
  begun: Begun,
  answer: Answer,
  later: string = secret,
): Promise<Judged> {
  const prepared = await method.prepare?.(context, secret, begun.state, answer, deadline(seconds(5)))
  return method.judge(context, later, begun.state, prepared ?? answer)
}

/** What every method keeps that is proved by a thing. `newHolder` enrolls somebody with the chance of the context. */
export function possessionConformance(
  method: Method,
  newHolder: (context: MethodContext) => Promise<Holder>,
): void {
  const context = contextOf(`${method.name} conformance`)
  const judge = (secret: string, begun: Begun, answer: unknown): Promise<Judged> =>
    // as: answers of every type must be survived, those too that the compiler would refuse.
    judged(method, context, secret, begun, answer as Answer)
  const fresh = async (): Promise<{ holder: Holder; begun: Begun; right: Answer }> => {
    const holder = await newHolder(context)
    const begun = method.begin(context, holder.secret)
    return { holder, begun, right: holder.answer(begun) }
  }

  describe(`the method ${method.name}, like every method,`, () => {
    it('passes the right answer', async () => {
      const { holder, begun, right } = await fresh()
      expect((await judge(holder.secret, begun, right)).verdict).toBe('passed')
    })

    it('fails what comes near, and says nothing of it', async () => {
      const { holder, begun } = await fresh()
      const wrong = Object.entries(holder.wrong(begun))
      expect(wrong.length).toBeGreaterThan(0)
      for (const [what, answer] of wrong)
        expect(await judge(holder.secret, begun, answer), what).toEqual({ verdict: 'failed' })
    })

    it('passes no answer twice', async () => {
      const { holder, begun, right } = await fresh()
      const { secret = holder.secret } = await judge(holder.secret, begun, right)
      expect(await judge(secret, begun, right)).toEqual({ verdict: 'failed' })
      expect(await judge(secret, method.begin(context, secret), right)).toEqual({ verdict: 'failed' })
    })

    it('fails the answer of another enrollment, with that one’s state or its own', async () => {
      const one = await fresh()
      const other = await fresh()
      expect((await judge(other.holder.secret, other.begun, one.right)).verdict).toBe('failed')
      expect((await judge(other.holder.secret, one.begun, one.right)).verdict).toBe('failed')
    })

    it('fails every malformed answer, without an exception', async () => {
      const { holder, begun, right } = await fresh()
      for (const answer of malformed(right))
        expect(await judge(holder.secret, begun, answer), inspect(answer).slice(0, 60)).toEqual({
          verdict: 'failed',
        })
    })

    it('has a decoy that asks the same, which the real answer does not pass', async () => {
      const { holder, begun, right } = await fresh()
      const decoy = method.decoySecret(context)
      const shown = method.begin(context, decoy)
      expect(method.decoySecret(context)).not.toBe(decoy)
      expect(shape(shown)).toEqual(shape(begun))
      expect(await judge(decoy, shown, holder.answer(shown))).toEqual({ verdict: 'failed' })
      expect(await judge(decoy, begun, right)).toEqual({ verdict: 'failed' })
    })

    it('shows nothing secret in a prompt, a hint, a state or an exception', async () => {
      const { holder, begun, right } = await fresh()
      const broken = await judge(holder.secret.slice(1), begun, right).catch((error: unknown) => error)
      const seen = [
        JSON.stringify([begun.prompt, method.hint(holder.secret), begun.state]),
        inspect(broken, { depth: 10 }),
      ]
      for (const secret of holder.hidden) for (const text of seen) expect(text).not.toContain(secret)
    })

    it('names one channel for one enrollment, and the strict profile waits no longer than the standard one', async () => {
      const { holder } = await fresh()
      expect(method.channel(holder.secret)).toBe(method.channel(holder.secret))
      expect(method.channel(holder.secret)).toMatch(/^\S{4,300}$/)
      expect(method.lifetimeMs(true)).toBeLessThanOrEqual(method.lifetimeMs(false))
    })
  })
}

/** Every kind of answer without its content, and content of the wrong type (TOK-12, TOK-13). */
function malformed(right: Answer): unknown[] {
  const kinds = ['code', 'questions', 'hashes', 'passkey', 'new_passkey', 'verified', '', 7]
  const parts = Object.keys(right).filter(name => name !== 'kind')
  const values = [undefined, null, '', 7, [], {}, 'x'.repeat(1_000_000), { __proto__: null }]
  return [
    ...[null, undefined, 7, 'passed', [], {}],
    ...kinds.map(kind => ({ kind })),
    ...parts.flatMap(name => values.map(value => ({ ...right, [name]: value }))),
  ]
}

/** What an onlooker could tell one from the other by: not what is random in each. */
const shape = ({ prompt, state, send }: Begun): string =>
  JSON.stringify([prompt, state, send]).replace(/[\w-]{20,}/g, random => `~${random.length}~`)
