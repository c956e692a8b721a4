import { type Account, isLogin } from '../account.ts'
import type { Enrollment } from '../enrollment.ts'
import { AppError } from '../errors.ts'
import type { Instant } from '../lib/clock.ts'
import type { MethodName } from '../method.ts'
import { isWaiting } from '../policy.ts'
import type { Tx } from '../store/store.ts'
import { limitNames } from './current-settings.ts'
import { findAccount } from './find-account.ts'
import { endAccess } from './perform.ts'
import { subjectOf } from './subject.ts'
import { addressesOf, tellAddresses } from './tell.ts'
import type { World } from './world.ts'

/** An enrollment as an operator may see it: no secret, and of an address no more than its hint. */
export type Listed = {
  readonly id: string
  readonly method: MethodName
  readonly source: Enrollment['source']
  readonly hint: string | null
  /** Of a token that an administrator assigned. */
  readonly serial: string | null
  /** Assigned, and not yet activated by its owner. */
  readonly isWaiting: boolean
  readonly confirmedAt: Instant | null
  readonly usableAt: Instant
  readonly lastUsedAt: Instant | null
  /** Wrong answers in a row, from known browsers and from strangers. */
  readonly failures: { readonly known: number; readonly strangers: number }
}

/** What an account has registered. Throws `not-found` where no account, or more than one, has the login. */
export async function listEnrollments(world: World, login: string): Promise<Listed[]> {
  const { subject } = await ownerOf(world, login)
  return world.store.read(async tx => {
    const enrollments = await tx.enrollments.of(subject)
    return Promise.all(enrollments.map(enrollment => listed(world, tx, enrollment)))
  })
}

/** As they are stored, for what lists more of them. Throws as `listEnrollments`. */
export async function enrollmentsOf(world: World, login: string): Promise<Enrollment[]> {
  const { subject } = await ownerOf(world, login)
  return world.store.read(tx => tx.enrollments.of(subject))
}

async function listed(world: World, tx: Tx, enrollment: Enrollment): Promise<Listed> {
  const { id, method, source, confirmedAt, usableAt, lastUsedAt } = enrollment
  const failures = async (who: 'known' | 'strangers') =>
    (await tx.limits.get(limitNames.failures(id, who)))?.value ?? 0
  return {
    id,
    method,
    source,
    hint: world.methods[method].hint(enrollment.secret),
    serial: enrollment.device?.serial ?? null,
    isWaiting: isWaiting(enrollment),
    confirmedAt,
    usableAt,
    lastUsedAt,
    failures: { known: await failures('known'), strangers: await failures('strangers') },
  }
}

/** Removes one enrollment and ends the open resets, audited and told to every address. Throws `not-found`; `wrong-step` for a mapped one. */
export async function removeEnrollment(world: World, login: string, id: string): Promise<void> {
  const { account, subject } = await ownerOf(world, login)
  await world.store.transact(async tx => {
    const existing = await tx.enrollments.of(subject)
    const enrollment = existing.find(one => one.id === id)
    if (!enrollment) throw new AppError('not-found', `The account has no enrollment ${id}.`)
    if (enrollment.source === 'directory') {
      const text = `It comes from the attribute ${enrollment.attribute} of the directory; remove it there.`
      throw new AppError('wrong-step', text)
    }
    await removeStored(world, tx, { account, login: account.login, subject, existing, enrollment })
  })
}

/** `account` null: it is gone from its directory, and nobody is left to be told. */
export type Removing = {
  readonly account: Account | null
  readonly login: string
  readonly subject: string
  readonly existing: readonly Enrollment[]
  readonly enrollment: Enrollment
}

/** It is dead from now on, and so is what it proved a moment ago, in whoever's hands it was (TOK-09). */
export async function removeStored(world: World, tx: Tx, removing: Removing): Promise<void> {
  const { account, login, subject, existing, enrollment } = removing
  const now = world.clock.now()
  await tx.enrollments.remove(enrollment.id)
  await forgetFailures(tx, enrollment.id)
  await endAccess(world, tx, subject)
  await tx.audit(changeOf('enrollment.removed', login, subject, enrollment))
  if (!account) return
  const { method } = enrollment
  const message = { kind: 'enrollment_removed', method, displayName: account.displayName, at: now } as const
  await tellAddresses(tx, addressesOf(world, account, existing), account.locale, () => message, now)
}

/** Wakes what rests after too many wrong answers (decisions 2.5); says how many enrollments had any. */
export async function enableEnrollments(world: World, login: string): Promise<number> {
  const { account, subject } = await ownerOf(world, login)
  return world.store.transact(async tx => {
    const enrollments = await tx.enrollments.of(subject)
    let woken = 0
    for (const one of enrollments) {
      const { failures } = await listed(world, tx, one)
      if (failures.known + failures.strangers === 0) continue
      woken += 1
      await forgetFailures(tx, one.id)
      await tx.audit(changeOf('enrollment.enabled', account.login, subject, one))
    }
    return woken
  })
}

async function forgetFailures(tx: Tx, id: string): Promise<void> {
  await tx.limits.clear(limitNames.failures(id, 'known'))
  await tx.limits.clear(limitNames.failures(id, 'strangers'))
}

const changeOf = (
  name: 'enrollment.removed' | 'enrollment.enabled',
  login: string,
  subject: string,
  enrollment: Enrollment,
) =>
  ({
    name,
    actor: 'operator',
    result: 'ok',
    subject,
    real: true,
    object: enrollment.id,
    method: enrollment.method,
    person: { login },
  }) as const

/** Lifts the hold after "this was not me", once the helpdesk has verified who calls (decisions 2.4). False: there was none. */
export async function liftHold(world: World, login: string): Promise<boolean> {
  const { account, subject } = await ownerOf(world, login)
  return world.store.transact(async tx => {
    if (!(await tx.notices.holdOf(subject, world.clock.now()))) return false
    await tx.notices.lift(subject)
    const person = { login: account.login }
    await tx.audit({
      name: 'account.hold_lifted',
      actor: 'operator',
      result: 'ok',
      subject,
      real: true,
      person,
    })
    return true
  })
}

/** Throws `not-found` where no account, or more than one, has the login. */
export async function ownerOf(world: World, login: string): Promise<{ account: Account; subject: string }> {
  const account = isLogin(login) ? await findAccount(world, login) : null
  if (!account) throw new AppError('not-found', 'No account, or more than one, has this login.')
  return { account, subject: subjectOf(world.keys, account.ref) }
}
