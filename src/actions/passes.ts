import type { Account } from '../account.ts'
import { AppError } from '../errors.ts'
import { type Instant, minutes } from '../lib/clock.ts'
import { newReference } from '../lib/random.ts'
import type { Message } from '../notifier.ts'
import { newPass, PASS_MINUTES, shownPass } from '../pass.ts'
import { isAdministrator } from '../policy.ts'
import type { Tx } from '../store/store.ts'
import { currentSettings, limitNames } from './current-settings.ts'
import { ownerOf } from './enrollments.ts'
import { tellOwner } from './notice.ts'
import { tellAdministrators } from './tell.ts'
import type { World } from './world.ts'

/** `pass` as it is shown, this once. */
export type IssuedPass = {
  readonly pass: string
  readonly login: string
  readonly until: Instant
  readonly reference: string
}

/**
 * A pass for one account, in place of any before (decisions 3.12). Nothing of it is kept but a digest; the owner is told that
 * there is one, at every address on file. Throws `not-found` for a login of nobody or of several, `invalid-input` for a life
 * out of range, `wrong-step` for an account that could not sign in with it.
 */
export async function issuePass(world: World, login: string, lifeMinutes: number): Promise<IssuedPass> {
  const { min, max } = PASS_MINUTES
  if (!Number.isInteger(lifeMinutes) || lifeMinutes < min || lifeMinutes > max)
    throw new AppError('invalid-input', `A pass lasts ${min} to ${max} whole minutes.`)
  const { account, subject } = await ownerOf(world, login)
  if (account.status !== 'active' || account.lockedForGood)
    throw new AppError(
      'wrong-step',
      `The account is ${account.status === 'active' ? 'locked' : account.status}.`,
    )
  const pass = newPass(world.random)
  const reference = newReference(world.random)
  const now = world.clock.now()
  const until = now + minutes(lifeMinutes)
  await world.store.transact(async tx => {
    await tx.passes.issue({ subject, reference, expiresAt: until }, world.keys.digest(PURPOSE, pass))
    await forgetPassTries(tx, subject)
    const detail = { minutes: lifeMinutes }
    await tx.audit({ ...recordOf('pass.issued', account, subject), reference, detail })
    await tell(world, tx, { account, subject, reference, now, until })
  })
  return { pass: shownPass(pass), login: account.login, until, reference }
}

const PURPOSE = 'pass'

/** Under every digest key there is, newest first: a pass outlives the making of a new key. */
export const passDigests = (world: World, pass: string): string[] =>
  pass === '' ? [] : world.keys.digests(PURPOSE, pass)

export async function forgetPassTries(tx: Tx, subject: string): Promise<void> {
  for (const who of ['known', 'strangers'] as const) await tx.limits.clear(limitNames.passTries(subject, who))
}

const recordOf = (name: 'pass.issued' | 'pass.revoked', { login }: Account, subject: string) =>
  ({ name, actor: 'operator', result: 'ok', subject, real: true, person: { login } }) as const

type Issued = {
  readonly account: Account
  readonly subject: string
  readonly reference: string
  readonly now: Instant
  readonly until: Instant
}

/** Who talked somebody into giving a pass must not do so unseen: the owner can end it before it is used. */
async function tell(
  world: World,
  tx: Tx,
  { account, subject, reference, now, until }: Issued,
): Promise<void> {
  const { displayName, login } = account
  const origin = { at: now, source: '', browser: null }
  const about = { account, subject, reference, reset: null, passed: [], origin, locale: account.locale ?? '' }
  await tellOwner(world, tx, about, disputeToken => ({
    kind: 'pass_issued',
    displayName,
    origin,
    until,
    reference,
    disputeToken,
  }))
  const settings = await currentSettings(tx)
  if (!settings.notifyAdministrators || !isAdministrator(settings, account)) return
  const alert: Message = {
    kind: 'administrator_pass',
    what: 'issued',
    displayName,
    login,
    at: now,
    reference,
  }
  await tellAdministrators(tx, settings, alert, now)
}

/** Takes a standing pass back. False: none stood. Throws `not-found` for a login of nobody or of several. */
export async function revokePass(world: World, login: string): Promise<boolean> {
  const { account, subject } = await ownerOf(world, login)
  return world.store.transact(async tx => {
    if (!(await tx.passes.revoke(subject, world.clock.now()))) return false
    await tx.audit(recordOf('pass.revoked', account, subject))
    return true
  })
}
