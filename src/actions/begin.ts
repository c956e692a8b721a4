import type { Instant } from '../lib/clock.ts'
import { LIMITS, restOf, sendGapMs, TRIES_MAX } from '../limit.ts'
import type { Method, MethodContext } from '../method.ts'
import { type Challenge, challengeOf, type Option, type Reset } from '../reset.ts'
import type { Tx } from '../store/store.ts'
import { currentSettings, limitNames } from './current-settings.ts'
import { methodContext } from './options.ts'
import { perform } from './perform.ts'
import { audience, type World } from './world.ts'

/** `wait`: seconds until this method may be begun again. */
export type BegunChallenge = { readonly reset: Reset } | { readonly wait: number }

/**
 * Begins a challenge, or goes back to the one that still stands: an open challenge of the same method is answered
 * again without sending anything until its `resendAfter`.
 */
export async function beginChallenge(
  world: World,
  tx: Tx,
  reset: Reset,
  option: Option,
): Promise<BegunChallenge> {
  const asker = { ...reset, disclosed: isDisclosed(reset) }
  const begun = await challengeFor(world, tx, asker, option, challengeOf(reset, option.id))
  if ('wait' in begun) return begun
  const stepped = await perform(world, tx, reset, { kind: 'challenged', challenge: begun })
  return { reset: stepped.reset }
}

/** Who is asked to prove something: a reset, or a sign-in. */
export type Asker = Pick<Reset, 'subject' | 'known' | 'reference' | 'locale' | 'expiresAt'> & {
  /** False where nothing may be told of what is registered. */
  readonly disclosed: boolean
}

/** `standing`: the last challenge of the same option, which may still be good. */
export async function challengeFor(
  world: World,
  tx: Tx,
  asker: Asker,
  option: Option,
  standing: Challenge | null,
): Promise<Challenge | { readonly wait: number }> {
  const now = world.clock.now()
  if (standing && stillStands(standing, now)) return standing
  const failures = await tx.limits.get(limitNames.failures(failuresKey(asker, option), audience(asker.known)))
  const rest = restOf(failures, now)
  if (rest.state !== 'ready') return { wait: rest.retryAfterSeconds }
  const method = world.methods[option.method]
  const sent = method.sends ? await spendSend(tx, asker, option, now) : { resendAfter: null }
  if ('wait' in sent) return sent
  return newChallenge(world, tx, { asker, option, method, resendAfter: sent.resendAfter, now })
}

const stillStands = ({ tries, expiresAt, resendAfter }: Challenge, now: Instant): boolean =>
  now < expiresAt && tries < TRIES_MAX && (resendAfter === null || now < resendAfter)

/** Opens by itself what disturbs nobody, and only where the gate accepts nothing else (decisions 1.4). */
export async function beginOnlyOption(world: World, tx: Tx, reset: Reset): Promise<Reset> {
  const [only, ...more] = reset.options
  if (!only || more.length > 0 || reset.phase.name !== 'proving' || world.methods[only.method].sends)
    return reset
  const begun = await beginChallenge(world, tx, reset, only)
  return 'reset' in begun ? begun.reset : reset
}

/** An enrollment's failures are its own; where none is registered, they belong to the login and the method. */
export const failuresKey = (
  asker: Pick<Asker, 'subject'>,
  option: Pick<Option, 'enrollment' | 'method'>,
): string => option.enrollment ?? `${asker.subject}:${option.method}`

type Sent = { readonly resendAfter: Instant } | { readonly wait: number }

/** Gaps of 30, 60, 120, 240 s; 5 in ten minutes, 10 a day, for each destination and audience (security.md, Default numbers). */
async function spendSend(tx: Tx, asker: Asker, option: Option, now: Instant): Promise<Sent> {
  const who = audience(asker.known)
  const destination = failuresKey(asker, option)
  const decoy = option.enrollment === null
  const window = await tx.limits.get(limitNames.sends(destination, who))
  const last = await tx.limits.get(limitNames.lastSend(destination, who))
  const sentInWindow = window && now - window.at < LIMITS.sendsPerDestination.perMs ? window.value : 0
  const gapEnds = last && sentInWindow > 0 ? last.at + sendGapMs(sentInWindow) : now
  if (gapEnds > now) return { wait: Math.ceil((gapEnds - now) / 1000) }
  for (const [name, limit] of [
    [limitNames.sendsInDay(destination, who), LIMITS.sendsPerDestinationAndDay],
    [limitNames.sends(destination, who), LIMITS.sendsPerDestination],
  ] as const) {
    const decision = await tx.limits.spend(name, limit, now, decoy)
    if (!decision.allowed) return { wait: decision.retryAfterSeconds }
  }
  await tx.limits.add(limitNames.lastSend(destination, who), 1, now, decoy)
  return { resendAfter: now + sendGapMs(sentInWindow + 1) }
}

type NewChallenge = {
  readonly asker: Asker
  readonly option: Option
  readonly method: Method
  readonly resendAfter: Instant | null
  readonly now: Instant
}

async function newChallenge(
  world: World,
  tx: Tx,
  { asker, option, method, resendAfter, now }: NewChallenge,
): Promise<Challenge> {
  const context = methodContext(world, asker.reference, await currentSettings(tx))
  const secret = await secretOf(world, tx, context, option)
  const begun = method.begin(context, secret)
  const expiresAt = Math.min(now + method.lifetimeMs(context.strict), asker.expiresAt)
  if (begun.send) {
    const { message, to } = begun.send
    // A decoy's message goes to nobody; its row costs what a real one costs (ENU-02).
    const address =
      option.enrollment === null ? null : ({ channel: 'mail', to, locale: asker.locale } as const)
    await tx.outbox.add(message, address, expiresAt, now)
  }
  // What names nobody asks everybody alike, and its prompt belongs to its state.
  const asked =
    asker.disclosed || begun.prompt.kind === 'passkey'
      ? begun.prompt
      : method.begin(context, method.decoySecret(context)).prompt
  const prompt = method.sends && asked.kind === 'code' ? { ...asked, sentTo: option.hint } : asked
  return {
    option: option.id,
    method: option.method,
    prompt,
    state: begun.state,
    tries: 0,
    beganAt: now,
    resendAfter,
    expiresAt,
  }
}

/**
 * Before a gate is passed a stranger is asked what everybody is asked: the length of an unusual code would tell that
 * somebody registered one (ENU-01).
 */
const isDisclosed = ({ known, helpful, passed }: Reset): boolean => known || helpful || passed.length > 0

/** The enrolled secret, or one of the right shape that nobody holds. */
async function secretOf(world: World, tx: Tx, context: MethodContext, option: Option): Promise<string> {
  const enrollment = option.enrollment === null ? null : await tx.enrollments.get(option.enrollment)
  return enrollment?.secret ?? world.methods[option.method].decoySecret(context)
}
