import type { BotCheck, BotVerdict, HostedKind } from '../bot-check.ts'
import { type Instant, minutes, seconds } from '../lib/clock.ts'
import { sourceBucket } from '../lib/network.ts'
import type { Random } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'
import { PROVIDERS, sourcesOf } from './providers.ts'
import { callSiteverify, type Judgement, type NoJudgement } from './siteverify-call.ts'
import { newTicket, redeemTicket } from './ticket.ts'

export type HostedConfig = {
  readonly kind: HostedKind
  readonly siteKey: string
  readonly secret: string
  /** Of reCAPTCHA: a number makes it version 3, which scores from 0 to 1; null is the checkbox of version 2. */
  readonly minScore: number | null
  /** Whether the provider learns the address of whoever is checked from us (PRV-08). */
  readonly sendsAddress: boolean
  /** In place of the provider's own; https, or http on loopback. */
  readonly verifyUrl: string | null
  readonly scriptUrl: string | null
}

type Parts = {
  readonly keys: Keys
  readonly random: Random
  /** Of the public address: a solution from another site is none. */
  readonly hostname: string
  /** What an operator must see: never the secret, a solution or an address. */
  readonly note: (event: NotedEvent, detail: Readonly<Record<string, unknown>>) => void
  readonly callMs?: number
}
export type NotedEvent = 'bot_check_unavailable' | 'bot_check_misconfigured' | 'bot_check_foreign'

/** What version 3 of reCAPTCHA calls what is being done here; the page says the same. */
export const ACTION = 'postern'

/** The longest that any provider gives out has about 2,000; more is not even sent (DOS-05). */
const SOLUTION_CHARACTERS_MAX = 8_192

/** Printable ASCII without spaces: what all three make, and nothing that could mean something else on the way. */
const SOLUTION = /^[!-~]+$/

/** Longer than any provider takes its own solution for good (Turnstile: five minutes). */
const LIFE_MS = minutes(10)

/** So long after an outage pages ask for the ticket alone. */
const REST_MS = seconds(30)

/** Calls at once, of everybody and of one source: nobody can take them all. */
const CALLS_MAX = 64
const CALLS_PER_SOURCE_MAX = 4

/** Tells our own ticket from a provider's solution, which may have dots as well. */
const TICKET = 'ticket:'

type Judged = BotVerdict & { readonly scriptless?: boolean; readonly dear?: boolean }

/**
 * A check hosted by Cloudflare, hCaptcha or Google: the browser fetches a solution there, and we ask there whether it is
 * good, by the call that all three name siteverify. The provider refuses the second use of a solution; so does the caller,
 * by `token`. Where it cannot be asked nobody passes by it (INV-8), and for 30 s pages offer the ticket alone.
 */
export function createSiteverify(config: HostedConfig, parts: Parts): BotCheck {
  const { kind, siteKey } = config
  const { keys, random } = parts
  const provider = PROVIDERS[kind]
  const widget = {
    script: config.scriptUrl ?? provider.script,
    action: config.minScore === null ? null : ACTION,
    sources: sourcesOf(provider, config.scriptUrl),
  }
  const calls = createSlots()
  let restsUntil = 0

  const ask = async (solution: string, now: Instant, source: string): Promise<Judged> => {
    const judgement = await callSiteverify(
      config.verifyUrl ?? provider.verifyUrl,
      {
        secret: config.secret,
        response: solution,
        ...(provider.sendsSiteKey ? { sitekey: siteKey } : {}),
        ...(config.sendsAddress && source !== '' ? { remoteip: source } : {}),
      },
      parts.callMs,
    )
    const verdict = judge(judgement, config, parts)
    // Only for what no client can bring about: else one could send everybody to the ticket.
    if (judgement === 'silent' || verdict === 'misconfigured') restsUntil = now + REST_MS
    else if (judgement !== 'unreadable') restsUntil = 0
    if (verdict !== 'good')
      return { ok: false, reason: verdict === 'misconfigured' ? 'unavailable' : verdict }
    return { ok: true, token: keys.pseudonym(PURPOSE, solution), expiresAt: now + LIFE_MS, dear: true }
  }

  return {
    kind,
    challenge: async () => ({ kind, site_key: siteKey }),
    widget: now => (now < restsUntil ? null : widget),
    ticket: now => TICKET + newTicket(keys, random, now),
    async verify(solution, now, source = '') {
      if (typeof solution !== 'string' || solution === '') return { ok: false, reason: 'missing' }
      if (solution.startsWith(TICKET)) return redeemTicket(keys, solution.slice(TICKET.length), now)
      if (solution.length > SOLUTION_CHARACTERS_MAX || !SOLUTION.test(solution))
        return { ok: false, reason: 'malformed' }
      const free = calls.take(sourceBucket(source))
      return free ? ask(solution, now, source).finally(free) : { ok: false, reason: 'unavailable' }
    },
  }
}

const PURPOSE = 'hosted bot check'

/** Solutions that the provider has taken before, or that are too old: all three say so in words of their own. */
const STALE = [
  'timeout-or-duplicate',
  'already-seen-response',
  'invalid-or-already-seen-response',
  'expired-input-response',
]
/** Our secret is wrong, whatever the client sent. */
const OURS = ['missing-input-secret', 'invalid-input-secret', 'invalid-keys']

type Verdict = 'good' | 'wrong' | 'stale' | 'unavailable' | 'misconfigured'

function judge(judgement: Judgement | NoJudgement, config: HostedConfig, { hostname, note }: Parts): Verdict {
  const { kind, minScore } = config
  if (typeof judgement === 'string') {
    note('bot_check_unavailable', { kind, why: judgement })
    return 'unavailable'
  }
  const { success, errors, score, action } = judgement
  if (errors.some(code => OURS.includes(code))) {
    note('bot_check_misconfigured', { kind, why: 'secret' })
    return 'misconfigured'
  }
  if (errors.includes('internal-error')) return 'unavailable'
  if (!success) return errors.some(code => STALE.includes(code)) ? 'stale' : 'wrong'
  if (judgement.hostname !== hostname) {
    note('bot_check_foreign', { kind, hostname: judgement.hostname?.slice(0, 100) ?? null })
    return 'wrong'
  }
  if (kind !== 'recaptcha') return 'good'
  if (minScore === null && score !== null) {
    // A key of version 3 in a page of version 2 would let everybody through, whatever the score.
    note('bot_check_misconfigured', { kind, why: 'min_score is missing for a key of version 3' })
    return 'misconfigured'
  }
  if (minScore === null) return 'good'
  return action === ACTION && score !== null && score >= minScore ? 'good' : 'wrong'
}

/** Places for calls; `take` gives a function that frees the place, or null where there is none. */
function createSlots(): { take(source: string): (() => void) | null } {
  const bySource = new Map<string, number>()
  let taken = 0
  return {
    take(source) {
      const own = bySource.get(source) ?? 0
      if (taken >= CALLS_MAX || own >= CALLS_PER_SOURCE_MAX) return null
      taken += 1
      bySource.set(source, own + 1)
      return () => {
        taken -= 1
        const left = (bySource.get(source) ?? 1) - 1
        if (left > 0) bySource.set(source, left)
        else bySource.delete(source)
      }
    },
  }
}
