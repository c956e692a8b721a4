import type { Account } from '../account.ts'
import { hours, type Instant } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import type { Message, Origin } from '../notifier.ts'
import { isAdministrator } from '../policy.ts'
import type { Effect, Proof, Reset } from '../reset.ts'
import type { Tx } from '../store/store.ts'
import { currentSettings } from './current-settings.ts'
import { addressesOf, tellAddresses, tellAdministrators } from './tell.ts'
import type { World } from './world.ts'

/** The "this was not me" link of a notice (decisions 2.4). */
const DISPUTE_MS = hours(72)

/** What a notice is about, and what its link would hold. */
export type Noticed = {
  readonly account: Account
  readonly subject: string
  readonly reference: string
  readonly reset: string | null
  readonly passed: readonly Pick<Proof, 'channel' | 'method'>[]
  readonly origin: Origin
  readonly locale: string
  /** The method that was added, which the link takes away again. */
  readonly enrollment?: string
}

export const noticed = (reset: Reset, account: Account, now: Instant): Noticed => ({
  account,
  subject: reset.subject,
  reference: reset.reference,
  reset: reset.id,
  passed: reset.passed,
  origin: originOf(reset, now),
  locale: reset.locale,
})

export const originOf = (reset: Reset, now: Instant): Origin => ({
  at: now,
  source: reset.source,
  browser: reset.browser,
})

/** Tells every stored address, each with a link of its own (FLW-11). */
export async function tellOwner(
  world: World,
  tx: Tx,
  about: Noticed,
  message: (disputeToken: string) => Message,
): Promise<void> {
  const addresses = addressesOf(world, about.account, await tx.enrollments.of(about.subject))
  const each = async (address: string): Promise<Message> =>
    message(await newNotice(world, tx, about, address))
  await tellAddresses(tx, addresses, about.account.locale ?? about.locale, each, about.origin.at)
}

/** A saved code was used up, in a reset or at the door: how many are left (BKP-02). */
export const tellUsedCode = (world: World, tx: Tx, about: Noticed, left: number): Promise<void> =>
  tellOwner(world, tx, about, disputeToken => ({
    kind: 'recovery_code_used',
    left,
    displayName: about.account.displayName,
    origin: about.origin,
    reference: about.reference,
    disputeToken,
  }))

/** Tells every stored address what needs no link: nothing happened that could be disputed. */
export async function tellOutcome(
  world: World,
  tx: Tx,
  about: Noticed,
  outcome: 'unchanged' | 'not_unlocked' | 'unknown',
): Promise<void> {
  const { account, subject, reference, origin, locale } = about
  const addresses = addressesOf(world, account, await tx.enrollments.of(subject))
  const message: Message = {
    kind: 'settled',
    outcome,
    displayName: account.displayName,
    at: origin.at,
    reference,
  }
  await tellAddresses(tx, addresses, account.locale ?? locale, () => message, origin.at)
}

/** What `step` wants told, and to the administrators where one of them was reset (FLW-12). */
export async function tellOfReset(
  world: World,
  tx: Tx,
  reset: Reset,
  about: (Effect & { do: 'tell_owner' })['about'],
  now: Instant,
): Promise<void> {
  if (!reset.account) return
  const notice = noticed(reset, reset.account, now)
  if (about === 'nothing_written') {
    return tellOutcome(world, tx, notice, reset.goal === 'unlock' ? 'not_unlocked' : 'unchanged')
  }
  await tellOwner(world, tx, notice, disputeToken => disputable(notice, about, disputeToken))
  const settings = await currentSettings(tx)
  if (!settings.notifyAdministrators || !isAdministrator(settings, notice.account)) return
  const { account, origin, reference } = notice
  const { displayName, login } = account
  const alert: Message = { kind: 'administrator_reset', displayName, login, origin, reference }
  await tellAdministrators(tx, settings, alert, now)
}

function disputable(
  { account, origin, reference, passed }: Noticed,
  kind: 'password_reset' | 'account_unlocked',
  disputeToken: string,
): Message {
  const told = { displayName: account.displayName, origin, reference, disputeToken }
  if (kind === 'account_unlocked') return { kind, ...told }
  return { kind, ...told, methods: passed.map(({ method }) => method) }
}

/** One link per notice and address, stored as a digest only. */
async function newNotice(
  world: World,
  tx: Tx,
  { account, subject, reference, reset, passed, origin, enrollment }: Noticed,
  address: string,
): Promise<string> {
  const token = newToken(world.random)
  await tx.notices.insert(world.keys.digest('notice', token), {
    id: newId(world.random),
    subject,
    account: account.ref,
    displayName: account.displayName,
    login: account.login,
    address,
    reset,
    reference,
    channels: passed.map(({ channel }) => channel),
    methods: passed.map(({ method }) => method),
    expiresAt: origin.at + DISPUTE_MS,
    usedAt: null,
    ...(enrollment === undefined ? {} : { enrollment }),
  })
  return token
}
