import { type Account, isLogin, isOwnAddress } from '../account.ts'
import type { Enrollment } from '../enrollment.ts'
import type { Instant } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { METHOD_NAMES, type MethodName } from '../method.ts'
import type { Tx } from '../store/store.ts'
import { QUESTION_BOUNDS } from '../topics.ts'
import { currentSettings } from './current-settings.ts'
import { directoryOf, findAccount } from './find-account.ts'
import { notNowWhenBusy } from './judge.ts'
import { methodContext } from './options.ts'
import { subjectOf } from './subject.ts'
import { addressesOf, tellAddresses } from './tell.ts'
import type { World } from './world.ts'

/** A set of ten codes with names is far below this; so is what RFC 8259 readers are asked to take. */
const LINE_CHARACTERS_MAX = 8_192
/** Of one method for one account: a slip in a script must not fill the table. */
const ENROLLMENTS_MAX = 10

/** What became of one line of an import. `text` is for the operator and holds no secret. */
export type Imported = {
  readonly result: 'imported' | 'there_already' | 'refused'
  readonly login: string | null
  readonly text: string
}

/**
 * Takes one line of `postern enrollment import` (decisions 7.5) in a transaction of its own: confirmed, source `import`,
 * audited, told to the other addresses of the person. `dryRun` looks everything up and keeps nothing. Throws `not-now`
 * where a directory or the store cannot be asked: nothing of the line was kept then.
 */
export async function importLine(world: World, line: string, dryRun: boolean): Promise<Imported> {
  const read = readLine(line)
  if (!read.ok) return { result: 'refused', login: read.login, text: read.text }
  const { login, method, fields } = read
  const no = (text: string): Imported => ({ result: 'refused', login, text })
  if (method === 'hardware_code')
    return no('A token is assigned by postern token import and activated by its owner.')
  const account = await findAccount(world, login)
  if (!account) return no('No account, or more than one, has this login.')
  const secret = await secretFrom(world, method, fields, account)
  if (secret === null) return no(`The fields are not those of ${method} (${FIELDS[method]}).`)
  const address = world.methods[method].address(secret)
  if (address !== null && isOwnAddress(address, directoryOf(world, account.ref).domains)) {
    return no('The address lies in a domain of the organisation, behind the very password that is lost.')
  }
  return world.store.transact(tx => enroll(world, tx, { account, method, secret, login, dryRun }))
}

const FIELDS: Readonly<Record<MethodName, string>> = {
  passkey: 'none: a passkey is registered by the person who holds it',
  app_code: 'secret: base32 of at least 128 bits; algorithm, digits and period where they are unusual',
  email: 'address',
  security_questions: `answers: by topic, ${QUESTION_BOUNDS.count.min} to ${QUESTION_BOUNDS.count.max}, none of them weak; not in the strict profile`,
  recovery_code: 'codes: a list of different codes in base32, at least 13 letters each',
  hardware_code: 'none here',
}

type ReadLine =
  | { ok: true; login: string; method: MethodName; fields: Readonly<Record<string, unknown>> }
  | { ok: false; login: string | null; text: string }

function readLine(line: string): ReadLine {
  const no = (text: string, login: string | null = null): ReadLine => ({ ok: false, login, text })
  if (line.length > LINE_CHARACTERS_MAX) return no('The line is too long.')
  let fields: unknown
  try {
    fields = JSON.parse(line)
  } catch {
    return no('The line is not JSON.')
  }
  if (!isRecord(fields)) return no('The line is not a JSON object.')
  const { login, method } = fields
  if (typeof login !== 'string' || !isLogin(login)) return no('login is missing or malformed.')
  if (typeof method !== 'string') return no('method is missing.', login)
  const known = METHOD_NAMES.find(name => name === method)
  if (!known)
    return no(`The method ${JSON.stringify(method.slice(0, 40))} is not available in this version.`, login)
  return { ok: true, login, method: known, fields }
}

async function secretFrom(
  world: World,
  method: MethodName,
  fields: Readonly<Record<string, unknown>>,
  account: Account,
): Promise<string | null> {
  const context = methodContext(world, '', await world.store.read(currentSettings))
  const by = world.methods[method]
  return by.hashImport
    ? by.hashImport(context, fields, account).catch(notNowWhenBusy)
    : by.fromImport(context, fields)
}

type NewEnrollment = {
  readonly account: Account
  readonly method: MethodName
  readonly secret: string
  readonly login: string
  readonly dryRun: boolean
}

async function enroll(world: World, tx: Tx, given: NewEnrollment): Promise<Imported> {
  const { account, method, secret, login, dryRun } = given
  const subject = subjectOf(world.keys, account.ref)
  const now = world.clock.now()
  const existing = await tx.enrollments.of(subject)
  const { channel } = world.methods[method]
  const alike = existing.filter(one => one.method === method && one.source !== 'directory')
  // An app that has a token's seed is that token: one channel, and registered already.
  const twin = existing.find(
    one => one.source !== 'directory' && world.methods[one.method].channel(one.secret) === channel(secret),
  )
  if (twin) {
    return {
      result: 'there_already',
      login,
      text: `${twin.method} is registered already (${twin.id}); nothing was changed.`,
    }
  }
  if (alike.length >= ENROLLMENTS_MAX) {
    return { result: 'refused', login, text: `The account has ${ENROLLMENTS_MAX} of ${method} already.` }
  }
  if (dryRun) return { result: 'imported', login, text: `${method} would be registered.` }
  const enrollment = importedEnrollment(world, account, method, secret, now)
  await tx.enrollments.insert(subject, enrollment)
  await recordAndTell(world, tx, { account, subject, enrollment, existing, now })
  return { result: 'imported', login, text: `${method} is registered (${enrollment.id}).` }
}

const importedEnrollment = (
  world: World,
  account: Account,
  method: MethodName,
  secret: string,
  now: Instant,
): Enrollment => ({
  id: newId(world.random),
  account: account.ref,
  method,
  secret,
  source: 'import',
  attribute: null,
  confirmedAt: now,
  usableAt: now,
  lastUsedAt: null,
  version: 1,
})

type Bound = {
  readonly account: Account
  readonly subject: string
  readonly enrollment: Enrollment
  readonly existing: readonly Enrollment[]
  readonly now: Instant
}

/** The new address itself is not told: who could read that would only learn that it worked. */
async function recordAndTell(world: World, tx: Tx, bound: Bound): Promise<void> {
  const { account, subject, enrollment, existing, now } = bound
  await tx.audit({
    name: 'enrollment.imported',
    actor: 'operator',
    result: 'ok',
    subject,
    real: true,
    object: enrollment.id,
    method: enrollment.method,
    person: { login: account.login },
  })
  const own = world.methods[enrollment.method].address(enrollment.secret)?.toLowerCase()
  const others = addressesOf(world, account, existing).filter(address => address.toLowerCase() !== own)
  const { method } = enrollment
  const message = { kind: 'enrolled', method, displayName: account.displayName, at: now } as const
  await tellAddresses(tx, others, account.locale, () => message, now)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
