import { AppError } from '../errors.ts'
import { days, hours, type Instant } from '../lib/clock.ts'
import type { Message } from '../notifier.ts'
import type { Notice, Tx } from '../store/store.ts'
import { currentSettings } from './current-settings.ts'
import { readAccount } from './find-account.ts'
import { endAccess } from './perform.ts'
import { addressesOf, tellAddresses, tellAdministrators } from './tell.ts'
import type { World } from './world.ts'

const HOLD_MS = hours(24)
/** A second hold over one channel within this time alerts and holds nothing: a stolen mailbox must not shut its owner out. */
const SECOND_HOLD_MS = days(30)

/** What the page asks before it acts. Looking changes nothing: mail scanners open links (TOK-10). */
export async function readNotice(world: World, token: string): Promise<Notice> {
  const notice = await world.store.read(tx => tx.notices.byDigests(world.keys.digests('notice', token)))
  if (!notice || notice.usedAt !== null || world.clock.now() >= notice.expiresAt) throw gone()
  return notice
}

const gone = (): AppError => new AppError('not-found', 'This link was used or is too old.')

export type Disputed = { readonly held: boolean; readonly until: Instant; readonly reference: string }

/**
 * "This was not me": ends open resets, tells administrators and every other address, and holds self-service for
 * 24 hours. Never sign-in. The owner lifts the hold with two gates that have nothing to do with it (decisions 2.4).
 */
export async function disputeNotice(world: World, token: string): Promise<Disputed> {
  const { account: ref } = await readNotice(world, token)
  const account = await readAccount(world, ref)
  return world.store.transact(async tx => {
    const notice = await tx.notices.byDigests(world.keys.digests('notice', token))
    const now = world.clock.now()
    if (!notice || now >= notice.expiresAt || !(await tx.notices.use(notice.id, now))) throw gone()
    const until = now + HOLD_MS
    const held = await hold(world, tx, notice, until, now)
    await endAccess(world, tx, notice.subject)
    await undo(tx, notice, now)
    await tx.audit({
      name: 'account.disputed',
      actor: 'person',
      result: 'ok',
      subject: notice.subject,
      real: true,
      reference: notice.reference,
      reason: held ? 'held' : 'alert_only',
      person: { login: notice.login },
    })
    const enrollments = await tx.enrollments.of(notice.subject)
    const others = account
      ? addressesOf(world, account, enrollments).filter(address => address !== notice.address)
      : []
    const told: Message = { kind: 'disputed', displayName: notice.displayName, at: now, until }
    await tellAddresses(tx, others, account?.locale ?? null, () => told, now)
    const { displayName, login, reference } = notice
    await tellAdministrators(
      tx,
      await currentSettings(tx),
      { kind: 'dispute_alert', displayName, login, at: now, reference, held },
      now,
    )
    return { held, until, reference }
  })
}

/**
 * What somebody else bound goes again, all of that sign-in, whichever of its notices is disputed: it must not count when the
 * hold is over. So does a pass that nobody has used yet.
 */
async function undo(tx: Tx, notice: Notice, now: Instant): Promise<void> {
  const { enrollment, subject, reference, login } = notice
  const about = { actor: 'person', result: 'ok', reason: 'disputed', subject, real: true, reference } as const
  for (const { id, boundIn } of await tx.enrollments.of(subject)) {
    if (id !== enrollment && boundIn !== reference) continue
    await tx.enrollments.remove(id)
    await tx.audit({ ...about, name: 'enrollment.removed', object: id, person: { login } })
  }
  if (await tx.passes.revoke(subject, now))
    await tx.audit({ ...about, name: 'pass.revoked', person: { login } })
}

/** The mailbox that the link came to is held too: whoever reads it is one of the two who disagree. */
async function hold(world: World, tx: Tx, notice: Notice, until: Instant, now: Instant): Promise<boolean> {
  const channel = world.methods.email.channel(notice.address)
  const last = await tx.notices.lastHold(notice.subject, channel)
  if (last !== null && now - last < SECOND_HOLD_MS) return false
  await tx.notices.hold(
    notice.subject,
    { until, channels: [channel, ...notice.channels], methods: notice.methods },
    now,
  )
  await tx.audit({
    name: 'account.held',
    actor: 'person',
    result: 'ok',
    subject: notice.subject,
    real: true,
    reference: notice.reference,
  })
  return true
}
