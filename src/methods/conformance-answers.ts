import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { deadline } from '../lib/clock.ts'
import type { Answer, Begun, Judged, Method, MethodContext } from '../method.ts'
import { contextOf } from './conformance.ts'

/** Somebody who knows what a method asks for: it may be right more than once. */
export type Knower = {
  readonly secret: string
  answers(begun: Begun): Readonly<Record<string, string>>
  /** Texts that nobody but the knower may read. */
  readonly hidden: readonly string[]
}

export const judgeAnswers = async (
  method: Method,
  context: MethodContext,
  secret: string,
  state: string,
  answers: unknown,
): Promise<Judged> => {
  // as: answers of every type must be survived, those too that the compiler would refuse.
  const answer = { kind: 'questions', answers } as Answer
  const prepared = (await method.prepare?.(context, secret, state, answer, deadline(10_000))) ?? answer
  return method.judge(context, secret, state, prepared)
}

/** What every method keeps that is proved by what somebody knows, hashed before it is judged. */
export function answersConformance(
  method: Method,
  newKnower: (context: MethodContext) => Promise<Knower>,
): void {
  const context = contextOf(`${method.name} conformance`)
  const failed = { verdict: 'failed' }
  const judge = (secret: string, begun: Begun, answers: unknown) =>
    judgeAnswers(method, context, secret, begun.state, answers)
  const fresh = async () => {
    const knower = await newKnower(context)
    const begun = method.begin(context, knower.secret)
    return { knower, begun, right: knower.answers(begun) }
  }

  describe(`the method ${method.name}, like every method of knowledge,`, () => {
    it('passes all right answers, however they are typed', async () => {
      const { knower, begun, right } = await fresh()
      const spelled = (spell: (text: string) => string) =>
        Object.fromEntries(Object.entries(right).map(([id, text]) => [id, spell(text)]))
      for (const spell of [
        (text: string) => text,
        (text: string) => `  ${text.replaceAll(' ', ' \u00a0 ')}\t`,
        (text: string) => text.toUpperCase(),
        (text: string) => text.normalize('NFD'),
      ])
        expect((await judge(knower.secret, begun, spelled(spell))).verdict).toBe('passed')
    })

    it('fails where any one is wrong, missing or too many, and says not which', async () => {
      const { knower, begun, right } = await fresh()
      const ids = Object.keys(right)
      for (const id of ids) {
        expect(await judge(knower.secret, begun, { ...right, [id]: `${right[id]}x` })).toEqual(failed)
        const { [id]: _missing, ...rest } = right
        expect(await judge(knower.secret, begun, rest)).toEqual(failed)
      }
      expect(await judge(knower.secret, begun, { ...right, more: 'more' })).toEqual(failed)
      const turned = Object.fromEntries(
        ids.map((id, index) => [id, right[ids[(index + 1) % ids.length] ?? '']]),
      )
      expect(await judge(knower.secret, begun, turned)).toEqual(failed)
    })

    it('fails every malformed answer without an exception', async () => {
      const { knower, begun, right } = await fresh()
      const [id = ''] = Object.keys(right)
      const values: unknown[] = [
        '',
        ' ',
        '\0',
        `${right[id]}\0`,
        '\ud800',
        'x'.repeat(1_000_000),
        '%00',
        '../..',
      ]
      for (const value of values)
        expect(
          await judge(knower.secret, begun, { ...right, [id]: value }),
          inspect(value).slice(0, 40),
        ).toEqual(failed)
      for (const answers of [{}, Object.create(null), JSON.parse('{"__proto__":"x","constructor":"x"}')])
        expect(await judge(knower.secret, begun, answers)).toEqual(failed)
    })

    it('fails what was not hashed here: a code, raw answers, somebody’s stored secret', async () => {
      const { knower, begun, right } = await fresh()
      for (const answer of [
        { kind: 'code', code: Object.values(right)[0] ?? '' },
        { kind: 'questions', answers: right },
        { kind: 'hashes', hashes: [] },
        null,
        undefined,
      ])
        expect(method.judge(context, knower.secret, begun.state, answer as Answer)).toEqual(failed)
    })

    it('fails another person’s answers, and the right ones under a state that is over', async () => {
      const one = await fresh()
      const other = await fresh()
      expect(await judge(other.knower.secret, other.begun, one.right)).toEqual(failed)
      const { secret = '' } = await judge(one.knower.secret, one.begun, one.right)
      expect(secret).not.toBe('')
      expect(await judge(secret, one.begun, one.right)).toEqual(failed)
    })

    it('has a decoy of the same shape, which no answer passes', async () => {
      const { knower, begun, right } = await fresh()
      const decoy = method.decoySecret(context)
      const shown = method.begin(context, decoy)
      expect(method.decoySecret(context)).not.toBe(decoy)
      expect(Object.keys(shown.prompt)).toEqual(Object.keys(begun.prompt))
      expect(await judge(decoy, shown, right)).toEqual(failed)
      expect(await judge(decoy, begun, right)).toEqual(failed)
      expect(knower.secret.length).toBeLessThan(decoy.length * 2)
    })

    it('shows nothing secret in a prompt, a hint, a state, a secret or a hash', async () => {
      const { knower, begun } = await fresh()
      const seen = JSON.stringify([begun, method.hint(knower.secret), knower.secret]).toLowerCase()
      for (const hidden of knower.hidden) expect(seen).not.toContain(hidden.toLowerCase())
    })

    it('names one channel, has no address, and the strict profile waits no longer', async () => {
      const { knower } = await fresh()
      expect(method.channel(knower.secret)).toMatch(/^\S{4,300}$/)
      expect([method.address(knower.secret), method.hasUses(knower.secret)]).toEqual([null, true])
      expect(method.lifetimeMs(true)).toBeLessThanOrEqual(method.lifetimeMs(false))
    })
  })
}
