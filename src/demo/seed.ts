import { type AccountRef, normaliseLogin } from '../account.ts'
import { methodContext } from '../actions/options.ts'
import { subjectOf } from '../actions/subject.ts'
import { claimOf } from '../actions/tokens.ts'
import type { World } from '../actions/world.ts'
import { newId } from '../lib/random.ts'
import type { MethodName } from '../method.ts'
import { DEFAULT_SETTINGS, type Settings } from '../settings.ts'
import type { Person, Tx } from '../store/store.ts'
import { ADMINISTRATORS, SAMPLE_DOMAIN, SAMPLE_PEOPLE, type SamplePerson, sampleTimes } from './people.ts'

export const DEMO_DIRECTORY = 'people'

type Seeding = { readonly world: World; readonly hash: (password: string) => Promise<string> }

/** Fills an empty store with the sample organisation. Does nothing where it stands already. */
export async function seed({ world, hash }: Seeding): Promise<void> {
  if (await world.store.read(tx => tx.settings.current())) return
  // Hashes first: none is made in a transaction.
  const made = await Promise.all(
    SAMPLE_PEOPLE.map(async sample => ({
      sample,
      passwordHash: await hash(sample.password),
      secrets: await secretsOf(world, sample),
    })),
  )
  await world.store.transact(async tx => {
    await tx.settings.save(0, demoSettings(), world.clock.now())
    for (const { sample, passwordHash, secrets } of made)
      await addPerson(world, tx, sample, passwordHash, secrets)
  })
}

type Secrets = readonly (readonly [method: MethodName, secret: string])[]

async function secretsOf(world: World, sample: SamplePerson): Promise<Secrets> {
  const { login } = sample
  const context = methodContext(world, '', demoSettings())
  const secrets: [MethodName, string][] = []
  for (const [name, given] of enrolled(sample)) {
    const method = world.methods[name]
    const fields = { login, method: name, ...given }
    const secret = method.hashImport
      ? await method.hashImport(context, fields, sample)
      : method.fromImport(context, fields)
    if (secret === null) throw new Error(`the sample ${name} of ${login} is malformed`)
    secrets.push([name, secret])
  }
  return secrets
}

/**
 * Scope all, two gates, questions on, source limits tenfold (decisions 7.10); a first registration counts at once, since
 * nobody tries a demo for a day (3.4).
 */
const demoSettings = (): Settings => ({
  ...DEFAULT_SETTINGS,
  scope: { kind: 'all', groups: [] },
  gates: 2,
  methods: [...DEFAULT_SETTINGS.methods, 'hardware_code', 'security_questions'],
  sourceBudget: 10,
  registration: { ...DEFAULT_SETTINGS.registration, first: 'open' },
  administrators: { groups: [ADMINISTRATORS], notify: [`helpdesk@${SAMPLE_DOMAIN}`] },
  organisation: {
    name: 'Sample Organisation',
    loginExample: `alice or alice@${SAMPLE_DOMAIN}`,
    locale: 'en',
    timeZone: 'UTC',
  },
  password: { ...DEFAULT_SETTINGS.password, bannedWords: ['sampleorg', 'postern'] },
})

async function addPerson(
  world: World,
  tx: Tx,
  sample: SamplePerson,
  passwordHash: string,
  secrets: Secrets,
): Promise<void> {
  const { login } = sample
  const id = newId(world.random)
  const mail = `${login}@${SAMPLE_DOMAIN}`
  const person = personOf(world, sample, { id, mail, passwordHash })
  const keys = [login, mail].map(name => normaliseLogin(name, [SAMPLE_DOMAIN]))
  await tx.people.insert(person, [...new Set(keys)])
  const account = { directory: DEMO_DIRECTORY, id }
  const subject = subjectOf(world.keys, account)
  for (const [method, secret] of secrets) {
    const now = world.clock.now()
    await tx.enrollments.insert(subject, {
      id: newId(world.random),
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
  }
  if (sample.token) await addToken(world, tx, sample, account, sample.token)
}

/** As `postern token import` leaves it. */
async function addToken(
  world: World,
  tx: Tx,
  { login }: SamplePerson,
  account: AccountRef,
  { serial, secret: seed }: NonNullable<SamplePerson['token']>,
): Promise<void> {
  const secret = world.methods.hardware_code.fromImport(methodContext(world, ''), { secret: seed })
  if (secret === null) throw new Error(`the sample token of ${login} is malformed`)
  const now = world.clock.now()
  const enrollment = { id: newId(world.random), account, method: 'hardware_code', secret } as const
  const state = { source: 'import', attribute: null, confirmedAt: null, usableAt: now } as const
  const device = { serial, manufacturer: 'Sample', model: 'T-30', login }
  const whole = { ...enrollment, ...state, lastUsedAt: null, version: 1, device }
  await tx.enrollments.assign(subjectOf(world.keys, account), whole, claimOf(world, serial))
}

/** A private address is an enrollment of the sample person, not an attribute of the directory. */
function enrolled({
  totpSecret,
  recoveryMail,
  recoveryCodes,
  answers,
}: SamplePerson): [MethodName, Record<string, unknown>][] {
  const all: [MethodName, Record<string, unknown>, boolean][] = [
    ['app_code', { secret: totpSecret }, totpSecret !== null],
    ['email', { address: recoveryMail }, recoveryMail !== null],
    ['recovery_code', { codes: [...recoveryCodes] }, recoveryCodes.length > 0],
    ['security_questions', { answers }, Object.keys(answers).length > 0],
  ]
  return all.flatMap(([method, fields, has]) =>
    has ? [[method, fields] as [MethodName, typeof fields]] : [],
  )
}

type Made = { readonly id: string; readonly mail: string; readonly passwordHash: string }

function personOf(world: World, sample: SamplePerson, { id, mail, passwordHash }: Made): Person {
  const times = sampleTimes(world.clock.now())
  return {
    id,
    login: sample.login,
    mail: [mail],
    recoveryMail: [],
    displayName: sample.displayName,
    groups: sample.groups,
    locale: null,
    status: sample.state === 'disabled' ? 'disabled' : 'active',
    administrator: sample.administrator ?? false,
    passwordHash,
    history: [],
    mustChange: false,
    passwordChangedAt: times.changedAt,
    passwordExpiresAt: sample.state === 'expired_password' ? times.expiredAt : null,
    wrongPasswords: sample.state === 'locked' ? 10 : 0,
    lockedUntil: sample.state === 'locked' ? times.lockedUntil : null,
    version: 1,
  }
}
