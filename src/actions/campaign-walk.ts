import type { Account } from '../account.ts'
import type { Campaign, Cursor, Invited } from '../campaign.ts'
import type { AccountName } from '../directory.ts'
import { days, deadline, type Instant, minutes, seconds } from '../lib/clock.ts'
import { METHOD_NAMES } from '../method.ts'
import { setupOf } from '../registration.ts'
import type { Tx } from '../store/store.ts'
import { currentSettings } from './current-settings.ts'
import { readAccount } from './find-account.ts'
import { isAddable } from './security-info.ts'
import { standingOf } from './standing.ts'
import { subjectOf } from './subject.ts'
import { addressesOf } from './tell.ts'
import type { World } from './world.ts'

/** People that one round looks at: a walk is no load that a directory notices. */
const PEOPLE_PER_ROUND = 50
const PAGE_MS = seconds(10)
/** Of a server that died another takes over so soon. Where a round takes longer, two walk, and still write to nobody twice. */
const LEASE_MS = seconds(15)
/** Once the rate is used up, or nobody is to be reminded yet, for so long nothing is asked and nothing written. */
const REST_MS = seconds(10)
/** An invitation that could not go for so long is worth no more tries. */
const INVITATION_LIFE_MS = days(3)
const RATE = 'campaign mails'

/** What one round did. `waits`: the rate is used up, or there is nothing to do. */
export type Walked = 'went_on' | 'waits'

type Page = { readonly at: Cursor; readonly names: readonly AccountName[]; readonly next: string | null }

/**
 * The walk of one process. Its place is in the store after each page; a process that dies walks that page again, and whoever
 * was written to stands in the store in the transaction that put the mail into the outbox. Each round takes a lease, so that
 * two servers never walk at once.
 */
export function createCampaignWalk(world: World, holder: string): () => Promise<Walked> {
  let page: Page | null = null
  let done = 0
  let restsUntil = 0
  const rest = (): Walked => {
    restsUntil = world.clock.now() + REST_MS
    return 'waits'
  }
  return async () => {
    if (world.clock.now() < restsUntil) return 'waits'
    const campaign = await runningHere(world, holder)
    if (!campaign || !(await mailGoes(world))) return 'waits'
    if (!campaign.cursor) return (await remind(world, campaign)) === 'waits' ? rest() : 'went_on'
    if (page === null || !isSame(page.at, campaign.cursor)) {
      page = await readPage(world, campaign.cursor)
      done = 0
    }
    const names = page.names.slice(done, done + PEOPLE_PER_ROUND)
    for (const name of names) {
      if ((await lookAt(world, campaign, name)) === 'stop') return rest()
      done += 1
    }
    if (done >= page.names.length) await turnPage(world, campaign, page)
    return 'went_on'
  }
}

const isSame = (a: Cursor, b: Cursor): boolean => a.directory === b.directory && a.page === b.page

async function runningHere({ store, clock }: World, holder: string): Promise<Campaign | null> {
  const campaign = await store.read(tx => tx.campaigns.current())
  if (campaign?.state !== 'running') return null
  const now = clock.now()
  return (await store.transact(tx => tx.leases.take('campaign', holder, now, now + LEASE_MS)))
    ? campaign
    : null
}

/** While mail is down nothing is put into the outbox: a pause finds nothing on its way. */
async function mailGoes({ notifiers }: World): Promise<boolean> {
  const checks = await Promise.all(notifiers.map(notifier => notifier.check(deadline(PAGE_MS))))
  return checks.length > 0 && checks.every(Boolean)
}

async function readPage({ directories }: World, at: Cursor): Promise<Page> {
  const directory = directories.find(({ name }) => name === at.directory)
  if (!directory) return { at, names: [], next: null }
  const { items, next } = await directory.search('', at.page, deadline(PAGE_MS))
  return { at, names: items, next }
}

/** One person, once a campaign, in one transaction with the mail. `stop`: paused meanwhile, or as many as may go now. */
async function lookAt(world: World, campaign: Campaign, { ref }: AccountName): Promise<'next' | 'stop'> {
  const subject = subjectOf(world.keys, ref)
  if (await world.store.read(tx => tx.campaigns.has(campaign.id, subject))) return 'next'
  const account = await readAccount(world, ref)
  return world.store.transact(async tx => {
    if (!(await isRunning(tx, campaign))) return 'stop'
    if (!account || !(await lackingOf(world, tx, account))) return 'next'
    const now = world.clock.now()
    const to = await mailboxOf(world, tx, account, subject)
    if (to !== null && !(await maySend(tx, now))) return 'stop'
    const invited = { subject, ref, login: account.login, mailedAt: to === null ? null : now }
    if (!(await tx.campaigns.add(campaign.id, invited))) return 'next'
    if (to !== null) await send(tx, { account, subject, to, isReminder: false }, now)
    return 'next'
  })
}

const isRunning = async (tx: Tx, { id }: Campaign): Promise<boolean> => {
  const current = await tx.campaigns.current()
  return current?.id === id && current.state === 'running'
}

/** In the scope, written by nobody's prohibition, and short of a method that may be added. */
export async function lackingOf(world: World, tx: Tx, account: Account): Promise<boolean> {
  const now = world.clock.now()
  const settings = await currentSettings(tx)
  const standing = await standingOf(world, tx, account, subjectOf(world.keys, account.ref), now)
  const addable = METHOD_NAMES.filter(name => isAddable(world, settings, standing, name))
  const never = { reviewedAt: null, dismissedUntil: null }
  const { asks, offered } = setupOf(settings, standing, never, addable, now)
  return asks === 'register' && offered.length > 0
}

/** One mailbox: the organisation's, which people read who still know their password; else what else is on file. */
async function mailboxOf(world: World, tx: Tx, account: Account, subject: string): Promise<string | null> {
  const enrollments = await tx.enrollments.of(subject)
  return addressesOf(world, account, enrollments)[0] ?? null
}

async function maySend(tx: Tx, now: Instant): Promise<boolean> {
  const { campaignMailsPerMinute: max } = (await currentSettings(tx)).registration
  return (await tx.limits.spend(RATE, { max, perMs: minutes(1) }, now)).allowed
}

type Sending = {
  readonly account: Account
  readonly subject: string
  readonly to: string
  readonly isReminder: boolean
}

async function send(tx: Tx, { account, subject, to, isReminder }: Sending, now: Instant): Promise<void> {
  const { displayName, login, locale } = account
  await tx.outbox.add(
    { kind: 'set_up', displayName, isReminder },
    { channel: 'mail', to, locale: locale ?? '' },
    now + INVITATION_LIFE_MS,
    now,
  )
  await tx.audit({
    name: 'account.invited',
    actor: 'server',
    result: 'ok',
    subject,
    real: true,
    ...(isReminder ? { reason: 'reminder' } : {}),
    person: { login },
  })
}

const turnPage = (world: World, campaign: Campaign, { at, names, next }: Page): Promise<void> =>
  world.store.transact(async tx => {
    const current = await tx.campaigns.current()
    // Stopped, begun anew, or walked by another server: its place is not ours to move.
    if (current?.id !== campaign.id || !current.cursor || !isSame(current.cursor, at)) return
    const cursor = next === null ? nextDirectory(world, at) : { ...at, page: next }
    await save(tx, { ...current, cursor, seen: current.seen + names.length })
  })

function nextDirectory({ directories }: World, { directory }: Cursor): Cursor | null {
  const following = directories[directories.findIndex(({ name }) => name === directory) + 1]
  return following ? { directory: following.name, page: null } : null
}

/** Everybody was looked at, and nobody is to be reminded: that is the end. */
async function save(tx: Tx, campaign: Campaign): Promise<void> {
  const isDone = campaign.state === 'running' && campaign.cursor === null && campaign.remindAfterDays === null
  await tx.campaigns.save(isDone ? { ...campaign, state: 'done' } : campaign)
  if (isDone) await recordEnd(tx)
}

const recordEnd = (tx: Tx): Promise<void> =>
  tx.audit({ name: 'campaign.ended', actor: 'server', result: 'ok' })

/** Once for everybody who was mailed so many days ago and still lacks something. */
async function remind(world: World, campaign: Campaign): Promise<Walked> {
  const before = world.clock.now() - days(campaign.remindAfterDays ?? 0)
  const due = await world.store.read(tx => tx.campaigns.due(campaign.id, before, PEOPLE_PER_ROUND))
  for (const invited of due) if ((await remindOne(world, campaign, invited)) === 'stop') return 'waits'
  if (due.length > 0) return 'went_on'
  await world.store.transact(async tx => {
    if (!(await isRunning(tx, campaign))) return
    const waiting = await tx.campaigns.due(campaign.id, Number.MAX_SAFE_INTEGER, 1)
    if (waiting.length === 0) await save(tx, { ...campaign, remindAfterDays: null })
  })
  return 'waits'
}

async function remindOne(world: World, campaign: Campaign, invited: Invited): Promise<'next' | 'stop'> {
  const { subject, ref } = invited
  const account = await readAccount(world, ref)
  return world.store.transact(async tx => {
    const current = await tx.campaigns.current()
    if (current?.id !== campaign.id || current.state !== 'running') return 'stop'
    const now = world.clock.now()
    const lacks = account && (await lackingOf(world, tx, account))
    const to = lacks ? await mailboxOf(world, tx, account, subject) : null
    if (to !== null && !(await maySend(tx, now))) return 'stop'
    if (!(await tx.campaigns.lookedAgain(campaign.id, subject, now)) || !account || to === null) return 'next'
    await tx.campaigns.save({ ...current, reminders: current.reminders + 1 })
    await send(tx, { account, subject, to, isReminder: true }, now)
    return 'next'
  })
}
