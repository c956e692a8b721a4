import type { Account, MappedContact } from '../account.ts'
import type { Enrollment } from '../enrollment.ts'
import { hours, type Instant } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import type { Standing, Usable } from '../policy.ts'
import type { Tx } from '../store/store.ts'
import { tellAddresses } from './tell.ts'
import type { World } from './world.ts'

/** A changed directory value counts a day later: whoever rewrote it cannot use it at once (decisions 3.3). */
const CHANGED_CONTACT_MS = hours(24)

/** What an account has registered, and what holds it back. Mapped addresses are brought up to date on the way. */
export async function standingOf(
  world: World,
  tx: Tx,
  account: Account,
  subject: string,
  now: Instant,
): Promise<Standing> {
  const stored = await tx.enrollments.of(subject)
  const enrollments = await withMappedContacts(world, tx, { account, subject, stored, now })
  return {
    account,
    usable: enrollments.map(enrollment => usable(world, enrollment)),
    hold: await tx.notices.holdOf(subject, now),
  }
}

const usable = (world: World, enrollment: Enrollment): Usable => ({
  enrollment,
  channel: world.methods[enrollment.method].channel(enrollment.secret),
  usedUp: !world.methods[enrollment.method].hasUses(enrollment.secret),
})

type Mapping = {
  readonly account: Account
  readonly subject: string
  readonly stored: readonly Enrollment[]
  readonly now: Instant
}

/**
 * Each mapped address is an enrollment of its own, so that it has an id, failures and a first day. The first value
 * ever seen counts at once; a later one is told to the former address and counts 24 hours later.
 */
async function withMappedContacts(world: World, tx: Tx, mapping: Mapping): Promise<Enrollment[]> {
  const { account, subject, stored, now } = mapping
  const own = stored.filter(({ source }) => source !== 'directory')
  const mapped = stored.filter(({ source }) => source === 'directory')
  const kept = mapped.filter(enrollment =>
    account.contacts.some(contact => isFrom(world, enrollment, contact)),
  )
  const gone = mapped.filter(enrollment => !kept.includes(enrollment))
  const fresh = account.contacts.filter(
    contact => !kept.some(enrollment => isFrom(world, enrollment, contact)),
  )
  const added: Enrollment[] = []
  for (const contact of fresh) {
    const isChange = gone.some(({ attribute }) => attribute === contact.attribute)
    const enrollment = mappedEnrollment(world, account, contact, isChange ? now + CHANGED_CONTACT_MS : now)
    await tx.enrollments.insert(subject, enrollment)
    added.push(enrollment)
  }
  for (const enrollment of gone) await retire(world, tx, { account, subject, enrollment, now })
  return [...own, ...kept, ...added]
}

const isFrom = (world: World, enrollment: Enrollment, contact: MappedContact): boolean =>
  enrollment.attribute === contact.attribute &&
  world.methods.email.address(enrollment.secret) === contact.address

const mappedEnrollment = (
  world: World,
  account: Account,
  contact: MappedContact,
  usableAt: Instant,
): Enrollment => ({
  id: newId(world.random),
  account: account.ref,
  method: contact.method,
  secret: contact.address,
  source: 'directory',
  attribute: contact.attribute,
  confirmedAt: null,
  usableAt,
  lastUsedAt: null,
  version: 1,
})

type Retired = {
  readonly account: Account
  readonly subject: string
  readonly enrollment: Enrollment
  readonly now: Instant
}

async function retire(world: World, tx: Tx, { account, subject, enrollment, now }: Retired): Promise<void> {
  await tx.enrollments.remove(enrollment.id)
  await tx.audit({
    name: 'enrollment.contact_changed',
    actor: 'server',
    result: 'ok',
    subject,
    object: enrollment.id,
    method: enrollment.method,
    person: { login: account.login },
  })
  const former = world.methods[enrollment.method].address(enrollment.secret)
  const message = {
    kind: 'contact_changed',
    displayName: account.displayName,
    from: now + CHANGED_CONTACT_MS,
  } as const
  await tellAddresses(tx, former === null ? [] : [former], account.locale, () => message, now)
}
