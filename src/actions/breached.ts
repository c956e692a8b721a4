import type { Account } from '../account.ts'
import type { AuditEvent } from '../audit.ts'
import type { Breach } from '../breach.ts'
import type { Refusal } from '../directory.ts'
import { AppError } from '../errors.ts'
import { deadline, seconds } from '../lib/clock.ts'
import type { Settings } from '../settings.ts'
import { currentSettings } from './current-settings.ts'
import type { World } from './world.ts'

/** All lists together; the person waits for it, with no transaction open. */
const CHECK_MS = seconds(2)

/** What an outage's record hangs on. */
export type About = Pick<AuditEvent, 'subject' | 'reset' | 'reference'>

/**
 * The no of the breach lists (PWD-04), asked one after the other until one knows the password: a file of our own comes
 * before a service of somebody else. Asked only for passwords that our own rules take, and never in a transaction. A list
 * that does not answer is on record, and policy decides (PWD-05): throws `not-now` for `refuse`, so that nothing is
 * counted against the person.
 */
export async function breachRefusal(
  world: World,
  { breachOutage }: Settings,
  password: string,
  about: About,
): Promise<Refusal | null> {
  const signal = deadline(CHECK_MS)
  let isUnknown = false
  for (const breach of world.breaches) {
    try {
      if (await breach.seen(password, signal)) return { reason: 'breached' }
    } catch (cause) {
      isUnknown = true
      await noteOutage(world, breach, breachOutage, about, cause)
    }
  }
  if (!isUnknown || breachOutage === 'allow') return null
  throw new AppError('not-now', 'New passwords cannot be checked now. Please try again later.', {
    retryAfterSeconds: 60,
  })
}

/** As `breachRefusal`, where our own rules are judged later, under a lock: null too where they refuse. */
export async function breachRefusalAhead(
  world: World,
  account: Account | null,
  password: string | null,
  about: About,
): Promise<Refusal | null> {
  if (world.breaches.length === 0 || account === null || password === null) return null
  const settings = await world.store.read(currentSettings)
  const refusal = await world.passwordRules(settings).check(password, account)
  return refusal ? null : breachRefusal(world, settings, password, about)
}

async function noteOutage(
  world: World,
  { kind }: Breach,
  reason: Settings['breachOutage'],
  { subject = null, reset, reference }: About,
  cause: unknown,
): Promise<void> {
  world.log.warn('a list of breached passwords did not answer', { kind, policy: reason, cause })
  await world.store.transact(tx =>
    tx.audit({
      name: 'breach.unavailable',
      actor: 'server',
      result: 'failed',
      object: kind,
      reason,
      subject,
      ...(reset === undefined ? {} : { reset }),
      ...(reference === undefined ? {} : { reference }),
    }),
  )
}
