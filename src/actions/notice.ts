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
  await tellOwner(world, tx, notice, disputeToken => ownerMessage(notice, about, disputeToken))
  const settings = await currentSettings(tx)
  if (
    about === 'settled_unchanged' ||
    !settings.notifyAdministrators ||
    !isAdministrator(settings, notice.account)
  )
    return
  const { account, origin, reference } = notice
  await tellAdministrators(
    tx,
    settings,
    {
      kind: 'administrator_reset',
      displayName: account.displayName,
      login: account.login,
      origin,
      reference,
    },
    now,
  )
}

function ownerMessage(
  { account, origin, reference, passed }: Noticed,
  about: (Effect & { do: 'tell_owner' })['about'],
  disputeToken: string,
): Message {
  const { displayName } = account
  switch (about) {
    case 'settled_unchanged':
      return { kind: 'settled', outcome: 'unchanged', displayName, at: origin.at, reference }
    case 'account_unlocked':
      return { kind: 'account_unlocked', displayName, origin, reference, disputeToken }
    case 'settled_changed':
    case 'password_reset':
      return {
        kind: 'password_reset',
        displayName,
        origin,
        reference,
        methods: passed.map(({ method }) => method),
        disputeToken,
      }
  }
}

/** One link per notice and address, stored as a digest only. */
async function newNotice(
  world: World,
  tx: Tx,
  { account, subject, reference, reset, passed, origin }: Noticed,
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
  })
  return token
}
