import type { Account } from '../account.ts'
import type { Enrollment } from '../enrollment.ts'
import { days, type Instant } from '../lib/clock.ts'
import { FAILURES_TOLD } from '../limit.ts'
import type { MethodName } from '../method.ts'
import type { Message } from '../notifier.ts'
import type { Settings } from '../settings.ts'
import type { Tx } from '../store/store.ts'
import type { World } from './world.ts'

/** A notice that could not be handed over for so long is worth no more tries. */
const NOTICE_LIFE_MS = days(3)

/** Every stored address of an account, each once: the directory's, the mapped ones, and those of enrollments (FLW-11). */
export function addressesOf(world: World, account: Account, enrollments: readonly Enrollment[]): string[] {
  const registered = enrollments
    .map(({ method, secret }) => world.methods[method].address(secret))
    .filter(address => address !== null)
  const all = [...account.mail, ...account.contacts.map(({ address }) => address), ...registered]
  const byText = new Map(all.map(address => [address.toLowerCase(), address]))
  return [...byText.values()]
}

type For = (address: string) => Message | Promise<Message>

/** Puts one message for each address into the outbox, in the transaction of what it tells. */
export async function tellAddresses(
  tx: Tx,
  addresses: readonly string[],
  locale: string | null,
  message: For,
  now: Instant,
): Promise<void> {
  for (const to of addresses) {
    await tx.outbox.add(
      await message(to),
      { channel: 'mail', to, locale: locale ?? '' },
      now + NOTICE_LIFE_MS,
      now,
    )
  }
}

/** The owner learns of wrong answers to one of their methods, at 10 and at 30 in a row (decisions 2.5). */
export async function tellFailures(
  world: World,
  tx: Tx,
  { account, enrollments, locale }: Failing,
  { method, count }: { readonly method: MethodName; readonly count: number },
  now: Instant,
): Promise<void> {
  if (!FAILURES_TOLD.some(told => told === count)) return
  const message = { kind: 'failures', method, count, displayName: account.displayName } as const
  const addresses = addressesOf(world, account, enrollments)
  await tellAddresses(tx, addresses, account.locale ?? locale, () => message, now)
}

type Failing = {
  readonly account: Account
  readonly enrollments: readonly Enrollment[]
  readonly locale: string
}

/** Administrators are told at the addresses of the settings, in the organisation's language (decisions 4.8). */
export const tellAdministrators = (
  tx: Tx,
  settings: Settings,
  message: Message,
  now: Instant,
): Promise<void> =>
  tellAddresses(tx, settings.administrators.notify, settings.organisation.locale, () => message, now)
