import type { BotVerdict } from '../bot-check.ts'
import { type Instant, minutes, seconds } from '../lib/clock.ts'
import { newId, type Random } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'

/** The wait is the price of a page without script; the end is that of an ordinary challenge (decisions 1.12). */
const TICKET_MS = { earliest: seconds(20), latest: minutes(20) }

const PURPOSE = 'scriptless bot check'

/** A signed value with the time of issue and a random id. Nothing is stored: the caller refuses its second use by `token`. */
export const newTicket = (keys: Keys, random: Random, now: Instant): string =>
  keys.sign(PURPOSE, `${now} ${newId(random)}`)

/** A signed value has dots; base64 has none. */
export const isTicket = (solution: string): boolean => solution.includes('.')

/** Before its time it is `wrong`, after it `stale`. */
export function redeemTicket(
  keys: Keys,
  solution: string,
  now: Instant,
): BotVerdict & { readonly scriptless: true } {
  const [issued = '', id = ''] = keys.verify(PURPOSE, solution)?.split(' ') ?? []
  const age = now - Number(issued)
  if (!id || age < TICKET_MS.earliest) return { ok: false, reason: 'wrong', scriptless: true }
  if (age >= TICKET_MS.latest) return { ok: false, reason: 'stale', scriptless: true }
  // The id and not the text: base64url has several spellings of one value.
  return { ok: true, token: `ticket ${id}`, expiresAt: Number(issued) + TICKET_MS.latest, scriptless: true }
}
