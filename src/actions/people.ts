import { type Account, isLogin, normaliseAddress } from '../account.ts'
import type { AuditEvent } from '../audit.ts'
import type { Refusal } from '../directory.ts'
import { AppError } from '../errors.ts'
import { deadline, seconds } from '../lib/clock.ts'
import { newId, newReference } from '../lib/random.ts'
import type { Person, Tx } from '../store/store.ts'
import { breachRefusal } from './breached.ts'
import { currentSettings } from './current-settings.ts'
import { directoryOf, findAccount } from './find-account.ts'
import { tellOwner } from './notice.ts'
import { inDoubt, overtake } from './overlap.ts'
import { endAccess } from './perform.ts'
import { subjectOf } from './subject.ts'
import { addressesOf, tellAddresses } from './tell.ts'
import type { World } from './world.ts'

const WRITE_MS = seconds(30)
const NAMES_MAX = 20
const TEXT_MAX = 256

/** What the built-in directory knows about its people; handed in, since an action knows no directory. */
export type PeopleCraft = {
  /** The name of the built-in directory. */
  readonly directory: string
  hash(password: string): Promise<string>
  /** Under which a person is found: login and mail, each in its one spelling. */
  keysOf(person: Pick<Person, 'login' | 'mail'>): readonly string[]
}

export type NewPerson = {
  readonly login: string
  readonly displayName: string
  readonly mail: readonly string[]
  readonly recoveryMail: readonly string[]
  readonly groups: readonly string[]
  readonly locale: string | null
  readonly administrator: boolean
  /** Null: nobody knows one, so the person begins by a reset. */
  readonly password: string | null
}

/**
 * Adds an account to the built-in directory. Throws `invalid-input` with every mistake, or where the login or an address
 * is somebody's already. A refusal: our own rules against the password.
 */
export async function addPerson(world: World, craft: PeopleCraft, given: NewPerson): Promise<Refusal | null> {
  const mistakes = mistakesOf(given)
  if (mistakes.length > 0) throw new AppError('invalid-input', mistakes.join('\n'))
  const person = await newPerson(world, craft, given)
  const refusal =
    given.password === null ? null : await refusalOf(world, accountLike(craft, person), given.password)
  if (refusal) return refusal
  const keys = craft.keysOf(person)
  await world.store.transact(async tx => {
    if ((await tx.people.byKeys(keys)).length > 0) {
      throw new AppError('invalid-input', 'The login or an address is somebody’s already.')
    }
    await tx.people.insert(person, keys)
    await tx.audit(
      event(world, 'account.created', { directory: craft.directory, id: person.id }, person.login),
    )
  })
  return null
}

function mistakesOf({ login, displayName, mail, recoveryMail, groups, locale }: NewPerson): string[] {
  const texts = [displayName, ...groups]
  const isShort = texts.every(
    text => text.trim() !== '' && text.length <= TEXT_MAX && !/[\p{Cc}\p{Cs}]/u.test(text),
  )
  return [
    ...(isLogin(login) ? [] : ['The login is malformed.']),
    ...(isShort ? [] : ['A name or a group is empty, too long, or holds what cannot be shown.']),
    ...[...mail, ...recoveryMail]
      .filter(address => normaliseAddress(address) === null)
      .map(address => `${JSON.stringify(address)} is no mail address.`),
    ...([mail, recoveryMail, groups].some(list => list.length > NAMES_MAX)
      ? [`More than ${NAMES_MAX} of a kind.`]
      : []),
    ...(locale === null || /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(locale)
      ? []
      : [`${locale} is no language.`]),
  ]
}

async function newPerson(world: World, craft: PeopleCraft, given: NewPerson): Promise<Person> {
  const { login, displayName, groups, locale, administrator, password } = given
  const addresses = (list: readonly string[]) =>
    list.map(normaliseAddress).filter(address => address !== null)
  return {
    id: newId(world.random),
    login: login.trim(),
    mail: addresses(given.mail),
    recoveryMail: addresses(given.recoveryMail),
    displayName,
    groups,
    locale,
    status: 'active',
    administrator,
    passwordHash: await craft.hash(password ?? newId(world.random) + newId(world.random)),
    history: [],
    mustChange: false,
    passwordChangedAt: world.clock.now(),
    passwordExpiresAt: null,
    wrongPasswords: 0,
    lockedUntil: null,
    version: 1,
  }
}

/** The account that this person will be, as far as our own rules look at it. */
const accountLike = (craft: PeopleCraft, { id, login, displayName }: Person): Account => ({
  ref: { directory: craft.directory, id },
  login,
  displayName,
  status: 'active',
  locked: false,
  lockedForGood: false,
  mustChange: false,
  protectedBecause: null,
  privileged: false,
  groups: [],
  mail: [],
  contacts: [],
  names: [login, displayName],
  locale: null,
  passwordChangedAt: null,
  tooYoungUntil: null,
  rules: null,
  lockoutThreshold: null,
  mark: '',
})

async function refusalOf(world: World, account: Account, password: string): Promise<Refusal | null> {
  const settings = await world.store.read(currentSettings)
  const subject = subjectOf(world.keys, account.ref)
  return (
    (await world.passwordRules(settings).check(password, account)) ??
    (await breachRefusal(world, settings, password, { subject }))
  )
}

/** Sets a password by the operator's word: our rules and the directory's hold for it too. Tells every address. */
export async function setPersonPassword(
  world: World,
  craft: PeopleCraft,
  login: string,
  password: string,
): Promise<Refusal | null> {
  const account = await ownAccount(world, craft, login)
  const refusal = await refusalOf(world, account, password)
  if (refusal) return refusal
  const write = { password, unlock: true, key: newId(world.random) }
  const written = await directoryOf(world, account.ref).setPassword(account.ref, write, deadline(WRITE_MS))
  if (!written.ok) return written.refusal
  const reference = newReference(world.random)
  const origin = { at: world.clock.now(), source: '', browser: null }
  const subject = subjectOf(world.keys, account.ref)
  const { displayName } = account
  await world.store.transact(async tx => {
    await tx.audit({ ...event(world, 'password.changed', account.ref, account.login), reference })
    await endAccess(world, tx, subject)
    await overtake(world, tx, await inDoubt(tx, subject))
    const about = { account, subject, reference, reset: null, passed: [], origin, locale: '' }
    await tellOwner(world, tx, about, disputeToken => ({
      kind: 'password_changed',
      displayName,
      origin,
      reference,
      disputeToken,
    }))
  })
  return null
}

/** A disabled account keeps everything and can do nothing. */
export async function setPersonStatus(
  world: World,
  craft: PeopleCraft,
  login: string,
  status: Person['status'],
): Promise<void> {
  const account = await ownAccount(world, craft, login)
  await world.store.transact(async tx => {
    await change(tx, craft, account, person => ({ ...person, status }))
    await tx.audit({ ...event(world, 'account.updated', account.ref, account.login), detail: { status } })
  })
}

/** The account, and all that it registered. */
export async function removePerson(world: World, craft: PeopleCraft, login: string): Promise<void> {
  const { ref, login: name } = await ownAccount(world, craft, login)
  const subject = subjectOf(world.keys, ref)
  await world.store.transact(async tx => {
    for (const { id } of await tx.enrollments.of(subject)) await tx.enrollments.remove(id)
    await tx.passes.revoke(subject, world.clock.now())
    await tx.reviews.remove(subject)
    await tx.campaigns.forget(subject)
    await tx.people.remove(ref.id)
    await tx.audit(event(world, 'account.removed', ref, name))
  })
}

/**
 * The administrator-forced reset (decisions 5.5): the password must be changed, and the person is sent the way to do so.
 * False where the account is not in the built-in directory: then only the message goes, and the mark is set there.
 */
export async function requireReset(world: World, craft: PeopleCraft | null, login: string): Promise<boolean> {
  const account = await findAccount(world, login)
  if (!account) throw nobody()
  const isOwn = craft !== null && account.ref.directory === craft.directory
  const now = world.clock.now()
  await world.store.transact(async tx => {
    if (isOwn) await change(tx, craft, account, person => ({ ...person, mustChange: true }))
    await tx.audit(event(world, 'account.reset_required', account.ref, account.login))
    const enrollments = await tx.enrollments.of(subjectOf(world.keys, account.ref))
    const message = { kind: 'reset_required', displayName: account.displayName } as const
    await tellAddresses(tx, addressesOf(world, account, enrollments), account.locale, () => message, now)
  })
  return isOwn
}

async function ownAccount(world: World, craft: PeopleCraft, login: string): Promise<Account> {
  const account = isLogin(login) ? await findAccount(world, login) : null
  if (!account) throw nobody()
  if (account.ref.directory === craft.directory) return account
  throw new AppError(
    'invalid-input',
    `This account is kept in the directory ${account.ref.directory}; manage it there.`,
  )
}

const nobody = (): AppError => new AppError('not-found', 'No account, or more than one, has this login.')

async function change(
  tx: Tx,
  craft: PeopleCraft,
  { ref }: Account,
  edit: (person: Person) => Person,
): Promise<void> {
  const person = await tx.people.byId(ref.id)
  if (!person) throw nobody()
  const edited = edit(person)
  if (await tx.people.update(edited, person.version, craft.keysOf(edited))) return
  throw new AppError('not-now', 'Somebody else changed this account in the same moment.')
}

const event = (world: World, name: AuditEvent['name'], ref: Account['ref'], login: string): AuditEvent => ({
  name,
  actor: 'operator',
  result: 'ok',
  subject: subjectOf(world.keys, ref),
  real: true,
  person: { login },
})
