import type { Account } from '../account.ts'
import type { Enrollment } from '../enrollment.ts'
import { newId } from '../lib/random.ts'
import { roomFor } from '../policy.ts'
import type { Tx } from '../store/store.ts'
import type { Imported } from './enroll.ts'
import { findAccount } from './find-account.ts'
import { methodContext } from './options.ts'
import { subjectOf } from './subject.ts'
import { addressesOf, tellAddresses } from './tell.ts'
import { claimOf } from './tokens.ts'
import type { World } from './world.ts'

/** A token as an administrator's file says it; `period` in seconds, `secret` in base32. */
export type AssignedToken = {
  readonly login: string
  readonly serial: string
  readonly secret: string
  readonly period: number
  readonly manufacturer: string
  readonly model: string
}

/** What holds for a whole file. `planned`: what a dry run would have assigned so far. */
export type Assigning = {
  readonly algorithm: 'SHA1' | 'SHA256'
  readonly digits: 6 | 8
  readonly planned: { readonly subject: string; readonly claim: string }[] | null
}

/**
 * Gives one token to one account, in a transaction of its own: source `import`, told to its owner, and proving nothing
 * until they activate it. What is refused is said without anything of the line but the login of an account and a serial
 * number that is stored already. Throws `not-now` where a directory or the store cannot be asked: nothing was kept then.
 */
export async function assignToken(
  world: World,
  token: AssignedToken,
  assigning: Assigning,
): Promise<Imported> {
  const secret = secretOf(world, token, assigning)
  if (secret === null) {
    return { result: 'refused', login: null, text: 'secret key is not base32 of at least 128 bits.' }
  }
  const account = await findAccount(world, token.login)
  if (!account) {
    return { result: 'refused', login: null, text: 'No account, or more than one, has the login under upn.' }
  }
  return world.store.transact(tx => assign(world, tx, { account, secret, token, assigning }))
}

const secretOf = (
  world: World,
  { secret, period }: AssignedToken,
  { algorithm, digits }: Assigning,
): string | null =>
  world.methods.hardware_code.fromImport(methodContext(world, ''), { secret, period, algorithm, digits })

type Giving = {
  readonly account: Account
  readonly secret: string
  readonly token: AssignedToken
  readonly assigning: Assigning
}

async function assign(world: World, tx: Tx, giving: Giving): Promise<Imported> {
  const { account, secret, token, assigning } = giving
  const { login } = account
  const subject = subjectOf(world.keys, account.ref)
  const claim = claimOf(world, token.serial)
  const existing = await tx.enrollments.of(subject)
  const no = (text: string): Imported => ({ result: 'refused', login, text })
  const { channel } = world.methods.hardware_code
  const holder = await tx.enrollments.claimed(claim)
  if (holder?.device && subjectOf(world.keys, holder.account) !== subject)
    return no(`The token ${holder.device.serial} is assigned to ${holder.device.login}.`)
  if (holder?.device && channel(holder.secret) !== channel(secret))
    return no(`The token ${holder.device.serial} is assigned to this account with another secret.`)
  if (holder?.device) {
    const text = `The token ${holder.device.serial} is assigned to this account; nothing was changed.`
    return { result: 'there_already', login, text }
  }
  if (existing.some(one => world.methods[one.method].channel(one.secret) === channel(secret)))
    return no('The account has an app or a token with this very secret.')
  const planned = assigning.planned ?? []
  if (planned.some(each => each.claim === claim)) return no('Its serial number stands in the file above.')
  if (roomFor('hardware_code', existing) <= planned.filter(each => each.subject === subject).length)
    return no('The account has as many apps and tokens as it may have.')
  if (assigning.planned) {
    assigning.planned.push({ subject, claim })
    return { result: 'imported', login, text: `The token ${token.serial} would be assigned.` }
  }
  const enrollment = assigned(world, giving)
  if (!(await tx.enrollments.assign(subject, enrollment, claim)))
    return no('The token was assigned just now.')
  await recordAndTell(world, tx, { account, subject, enrollment, existing })
  return {
    result: 'imported',
    login,
    text: `The token ${token.serial} is assigned, and waits for activation.`,
  }
}

const assigned = (world: World, { account, secret, token }: Giving): Enrollment => ({
  id: newId(world.random),
  account: account.ref,
  method: 'hardware_code',
  secret,
  source: 'import',
  attribute: null,
  confirmedAt: null,
  usableAt: world.clock.now(),
  lastUsedAt: null,
  version: 1,
  device: {
    serial: token.serial,
    manufacturer: token.manufacturer,
    model: token.model,
    login: account.login,
  },
})

type Given = {
  readonly account: Account
  readonly subject: string
  readonly enrollment: Enrollment
  readonly existing: readonly Enrollment[]
}

async function recordAndTell(world: World, tx: Tx, given: Given): Promise<void> {
  const { account, subject, enrollment, existing } = given
  const now = world.clock.now()
  await tx.audit({
    name: 'enrollment.imported',
    actor: 'operator',
    result: 'ok',
    reason: 'waits_for_activation',
    subject,
    real: true,
    object: enrollment.id,
    method: enrollment.method,
    person: { login: account.login },
  })
  const serial = enrollment.device?.serial ?? ''
  const message = { kind: 'token_assigned', serial, displayName: account.displayName, at: now } as const
  await tellAddresses(tx, addressesOf(world, account, existing), account.locale, () => message, now)
}
