import type { Enrollment } from '../enrollment.ts'
import { AppError } from '../errors.ts'
import type { Instant } from '../lib/clock.ts'
import { enrollmentsOf, removeStored } from './enrollments.ts'
import { readAccount } from './find-account.ts'
import { subjectOf } from './subject.ts'
import type { World } from './world.ts'

/** A token as administrators see it. */
export type ListedToken = NonNullable<Enrollment['device']> & {
  /** Null: it waits for its owner to activate it. */
  readonly confirmedAt: Instant | null
  readonly lastUsedAt: Instant | null
}

/** The tokens of one account. Throws `not-found` where no account, or more than one, has the login. */
export const tokensOf = async (world: World, login: string): Promise<ListedToken[]> =>
  (await enrollmentsOf(world, login)).flatMap(listedToken)

const PAGE = 500

/** Every token there is, in no order. */
export async function* allTokens(world: World): AsyncGenerator<ListedToken> {
  for (let after = ''; ; ) {
    const page = await world.store.read(tx => tx.enrollments.listClaimed(after, PAGE))
    yield* page.flatMap(listedToken)
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = last.id
  }
}

const listedToken = (enrollment: Enrollment): ListedToken[] =>
  enrollment.device
    ? [
        {
          ...enrollment.device,
          confirmedAt: enrollment.confirmedAt,
          lastUsedAt: enrollment.lastUsedAt,
        },
      ]
    : []

/**
 * Takes a token away from whoever has it, as `removeEnrollment` does; an account that is gone is no obstacle. Says whose it
 * was. Throws `not-found` where no token has the serial number.
 */
export async function removeToken(world: World, serial: string): Promise<string> {
  const claim = claimOf(world, serial)
  const held = await world.store.read(tx => tx.enrollments.claimed(claim))
  const account = held && (await readAccount(world, held.account))
  return world.store.transact(async tx => {
    const enrollment = await tx.enrollments.claimed(claim)
    if (!enrollment?.device || enrollment.id !== held?.id)
      throw new AppError('not-found', 'No token has this serial number.')
    const { login } = enrollment.device
    const subject = subjectOf(world.keys, enrollment.account)
    const existing = await tx.enrollments.of(subject)
    await removeStored(world, tx, { account, login, subject, existing, enrollment })
    return login
  })
}

/** A serial number in whatever case is one token. */
export const claimOf = (world: World, serial: string): string =>
  world.keys.pseudonym('token', serial.trim().toUpperCase())
