import type { BotCheck } from '../bot-check.ts'
import { minutes } from '../lib/clock.ts'
import { newId, type Random } from '../lib/random.ts'

/** For networks without strangers: everybody passes, and the limits stand alone (`bot_check: none`). */
export const createNone = (random: Random): BotCheck => ({
  kind: 'none',
  challenge: async () => ({ kind: 'none' }),
  ticket: () => '',
  // A token of its own each time, or the second person would be refused as a replay.
  verify: async (_solution, now) => ({ ok: true, token: newId(random), expiresAt: now + minutes(1) }),
})
