import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import type { BotChallenge, BotCheck, BotVerdict } from '../bot-check.ts'

/** What every bot check keeps. `solve` is a client that knows nothing but the challenge, as JSON carried it. */
export function botCheckConformance(
  create: () => BotCheck,
  solve: (challenge: BotChallenge) => Promise<string>,
): void {
  const { now } = fakeClock()
  const solved = async (botCheck: BotCheck): Promise<string> =>
    solve(JSON.parse(JSON.stringify(await botCheck.challenge(now(), false))))

  describe(`the bot check ${create().kind}, like every bot check,`, () => {
    it('gives out a challenge of its kind, which whoever solves it passes', async () => {
      const botCheck = create()
      expect((await botCheck.challenge(now(), false)).kind).toBe(botCheck.kind)
      expect(await botCheck.verify(await solved(botCheck), now())).toMatchObject({ ok: true })
    })

    it('is verified by another server with the same key ring', async () => {
      expect(await create().verify(await solved(create()), now())).toMatchObject({ ok: true })
    })

    it('names each solution by a token of its own, for as long as it could be used', async () => {
      const botCheck = create()
      const verdicts = [
        await botCheck.verify(await solved(botCheck), now()),
        await botCheck.verify(await solved(botCheck), now()),
      ]
      expect(new Set(verdicts.map(tokenOf)).size).toBe(2)
      for (const verdict of verdicts) expect(verdict.ok && verdict.expiresAt > now()).toBe(true)
      expect(verdicts.map(tokenOf).every(token => token.length >= 22 && token.length <= 200)).toBe(true)
    })

    it('throws for nothing that a client can send', async () => {
      const botCheck = create()
      const texts = ['', '.', '..', '\0', '{}', 'null', 'W10=', 'e30=', '\ud800', 'a'.repeat(1_000_000)]
      for (const text of texts) expect(typeof (await botCheck.verify(text, now())).ok).toBe('boolean')
    })
  })
}

export const tokenOf = (verdict: BotVerdict): string => (verdict.ok ? verdict.token : '')
