import { normaliseLogin, refKey } from '../account.ts'
import { subjectOf } from '../actions/subject.ts'
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
  const hashed = await Promise.all(
    SAMPLE_PEOPLE.map(async sample => ({ sample, hash: await hash(sample.password) })),
  )
  await world.store.transact(async tx => {
    await tx.settings.save(0, demoSettings(), world.clock.now())
    for (const each of hashed) await addPerson(world, tx, each.sample, each.hash)
  })
}

/** Scope all, two gates, source limits tenfold (decisions 7.10). */
const demoSettings = (): Settings => ({
  ...DEFAULT_SETTINGS,
  scope: { kind: 'all', groups: [] },
  gates: 2,
  sourceBudget: 10,
  administrators: { groups: [ADMINISTRATORS], notify: [`helpdesk@${SAMPLE_DOMAIN}`] },
  organisation: {
    name: 'Sample Organisation',
    loginExample: `alice or alice@${SAMPLE_DOMAIN}`,
    locale: 'en',
    timeZone: 'UTC',
  },
  password: { ...DEFAULT_SETTINGS.password, bannedWords: ['sampleorg', 'postern'] },
})

async function addPerson(world: World, tx: Tx, sample: SamplePerson, passwordHash: string): Promise<void> {
  const { login } = sample
  const id = newId(world.random)
  const mail = `${login}@${SAMPLE_DOMAIN}`
  const person = personOf(world, sample, { id, mail, passwordHash })
  const keys = [login, mail].map(name => normaliseLogin(name, [SAMPLE_DOMAIN]))
  await tx.people.insert(person, [...new Set(keys)])
  const account = { directory: DEMO_DIRECTORY, id }
  const subject = subjectOf(world.keys, account)
  for (const [method, fields] of enrolled(sample)) {
    const now = world.clock.now()
    const context = { now, random: world.random, keys: world.keys, strict: false, reference: '' }
    const secret = world.methods[method].fromImport(context, { login, method, ...fields })
    if (secret === null) throw new Error(`the sample ${method} of ${refKey(account)} is malformed`)
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
}

/** A private address is an enrollment of the sample person, not an attribute of the directory. */
const enrolled = ({
  totpSecret,
  recoveryMail,
  recoveryCodes,
}: SamplePerson): [MethodName, Record<string, unknown>][] => [
  ...(totpSecret ? [['app_code', { secret: totpSecret }] as [MethodName, Record<string, unknown>]] : []),
  ...(recoveryMail ? [['email', { address: recoveryMail }] as [MethodName, Record<string, unknown>]] : []),
  ...(recoveryCodes.length > 0
    ? [['recovery_code', { codes: [...recoveryCodes] }] as [MethodName, Record<string, unknown>]]
    : []),
]

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
