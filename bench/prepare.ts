// What a run needs before the clock starts: people in slapd, their enrollments in the store, solved bot checks.
import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Account, AccountRef } from '../src/account.ts'
import { subjectOf } from '../src/actions/subject.ts'
import { createAltcha, TOKEN_PRICE } from '../src/bot-checks/altcha.ts'
import { createLdapDirectory, type LdapConfig } from '../src/directories/ldap.ts'
import type { Directory } from '../src/directory.ts'
import type { Enrollment } from '../src/enrollment.ts'
import { type Instant, minutes, systemClock } from '../src/lib/clock.ts'
import { newBase32, newId, newReference, systemRandom } from '../src/lib/random.ts'
import { createKeys } from '../src/lib/seal.ts'
import type { MethodName } from '../src/method.ts'
import { appCode } from '../src/methods/app-code.ts'
import { email } from '../src/methods/email.ts'
import { recoveryCode } from '../src/methods/recovery-code.ts'
import type { Reset } from '../src/reset.ts'
import { DEFAULT_SETTINGS, PROFILES, type Settings } from '../src/settings.ts'
import { openStore } from '../src/store/open.ts'
import type { Store } from '../src/store/store.ts'
import { benchRing } from './order.ts'

const keys = createKeys(benchRing())
const METHODS = { app_code: appCode, email, recovery_code: recoveryCode }

export type BenchPerson = {
  readonly login: string
  readonly seed: string
  readonly code: string
  readonly address: string
}

export const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  scope: { kind: 'all', groups: [] },
  sourceBudget: 1000,
}

/** As many as the directory's own queue takes at once. */
const BATCH = 50

export async function findAll(ldap: Directory, logins: readonly string[]): Promise<(Account | null)[]> {
  const found: (Account | null)[] = []
  for (let from = 0; from < logins.length; from += BATCH) {
    const batch = logins.slice(from, from + BATCH)
    found.push(...(await Promise.all(batch.map(login => ldap.find(login, AbortSignal.timeout(30_000))))))
  }
  return found
}

/** What everybody's password is before the bench. */
export const PASSWORD = 'before the bench 1'

/** Gives each login an app and either recovery codes or a private address. */
export async function enrollAll(
  file: string,
  directory: LdapConfig,
  logins: readonly string[],
  second: 'recovery_code' | 'email',
): Promise<BenchPerson[]> {
  const store = await openStore({ file, keys, clock: systemClock })
  const ldap = createLdapDirectory(directory, systemClock)
  await store.transact(async tx => {
    if (!(await tx.settings.current())) await tx.settings.save(0, SETTINGS, systemClock.now())
  })
  const people: BenchPerson[] = []
  for (let from = 0; from < logins.length; from += BATCH) {
    const batch = logins.slice(from, from + BATCH)
    const found = await findAll(ldap, batch)
    await store.transact(async tx => {
      for (const [index, account] of found.entries()) {
        const login = batch[index]
        if (!account || login === undefined) throw new Error('a bench account is missing')
        const person = {
          login,
          seed: newBase32(systemRandom, 32),
          code: newBase32(systemRandom, 16),
          address: `${login}@private.example`,
        }
        const held =
          second === 'email' ? ({ address: person.address } as const) : ({ codes: [person.code] } as const)
        for (const [method, fields] of [
          ['app_code', { secret: person.seed }],
          [second, held],
        ] as const) {
          await tx.enrollments.insert(subjectOf(keys, account.ref), enrollment(account.ref, method, fields))
        }
        people.push(person)
      }
    })
  }
  await ldap.close()
  await store.close()
  return people
}

export function enrollment(
  account: AccountRef,
  method: keyof typeof METHODS,
  fields: Readonly<Record<string, unknown>>,
): Enrollment {
  const context = { now: systemClock.now(), random: systemRandom, keys, strict: false, reference: '' }
  const secret = METHODS[method].fromImport(context, fields)
  if (secret === null) throw new Error(`the bench made a malformed ${method}`)
  return enrolled(account, method, secret, context.now)
}

export const enrolled = (
  account: AccountRef,
  method: MethodName,
  secret: string,
  now: Instant,
): Enrollment => ({
  id: newId(systemRandom),
  account,
  method,
  secret,
  source: 'import',
  attribute: null,
  confirmedAt: now,
  usableAt: now,
  lastUsedAt: null,
  version: 1,
})

/** Bot checks solved before the clock starts. */
export async function solveMany(count: number): Promise<string[]> {
  const botCheck = createAltcha({ keys, random: systemRandom, price: TOKEN_PRICE })
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { kind: _kind, ...fields } = await botCheck.challenge(systemClock.now(), true)
      // as: the port says only that it is a record; it is altcha-lib's own challenge
      const challenge = fields as unknown as Challenge
      return btoa(JSON.stringify({ challenge, solution: await solveChallenge({ challenge, deriveKey }) }))
    }),
  )
}

/** Open resets of nobody, as a flood of starts leaves them. */
export async function floodResets(file: string, count: number): Promise<void> {
  const store: Store = await openStore({ file, keys, clock: systemClock })
  for (let made = 0; made < count; made += 1_000) {
    await store.transact(async tx => {
      for (let index = 0; index < 1_000; index += 1)
        await tx.resets.insert(openReset(), keys.digest('reset token', newId(systemRandom)))
    })
  }
  await store.close()
}

function openReset(): Reset {
  const now = systemClock.now()
  const id = newId(systemRandom)
  return {
    id,
    goal: 'password',
    account: null,
    login: id,
    loginSubject: id,
    subject: id,
    known: false,
    helpful: false,
    shared: false,
    locale: 'en',
    source: '192.0.2.1',
    browser: null,
    reference: newReference(systemRandom),
    profile: PROFILES.standard,
    gates: 2,
    gatesShown: 2,
    options: (['app_code', 'email', 'recovery_code'] as const).map(method => ({
      id: newId(systemRandom),
      method,
      enrollment: null,
      channel: `none:${id}`,
      source: 'person',
      hint: null,
    })),
    passed: [],
    challenges: [],
    phase: { name: 'proving', open: null },
    refusals: 0,
    refusedAttempt: null,
    extensions: 0,
    startedAt: now,
    expiresAt: now + minutes(30),
  }
}
