// What the parts of the store's conformance suite share: where a store lives, and what is put into it.
import { fakeClock } from '../../rig/clock.ts'
import { keysOf } from '../../rig/keys.ts'
import { seededRandom } from '../../rig/random.ts'
import type { Account } from '../account.ts'
import type { Enrollment } from '../enrollment.ts'
import { minutes } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'
import type { Reset } from '../reset.ts'
import { PROFILES } from '../settings.ts'
import type { Notice, Person, Store } from './store.ts'

/** One empty database. A store in memory is another database each time it is opened. */
export type Place = {
  open(keys?: Keys): Promise<Store>
  remove(): Promise<void>
}

/** A database that outlives a store and can be looked at from outside. */
export type LastingPlace = Place & {
  sql(text: string): Promise<Record<string, unknown>[]>
  /** Everything that the engine keeps, as it keeps it. */
  bytes(): Promise<Buffer>
}

export const clock = fakeClock()
export const now = clock.now()
export const keys = keysOf('store')
const random = seededRandom('store')

export const sampleAccount = (login: string): Account => ({
  ref: { directory: 'builtin', id: `id of ${login}` },
  login,
  displayName: `${login} Example`,
  status: 'active',
  locked: false,
  lockedForGood: false,
  mustChange: false,
  protectedBecause: null,
  privileged: false,
  groups: ['staff'],
  mail: [`${login}@example.test`],
  contacts: [],
  names: [login],
  locale: null,
  passwordChangedAt: now,
  tooYoungUntil: null,
  rules: null,
  lockoutThreshold: null,
  mark: 'mark',
})

export const sampleReset = (change: Partial<Reset> = {}): Reset => ({
  id: newId(random),
  goal: 'password',
  account: sampleAccount('alice'),
  login: 'alice',
  loginSubject: 'login of alice',
  subject: 'subject of alice',
  known: false,
  helpful: false,
  shared: false,
  locale: 'en',
  source: '192.0.2.7',
  browser: 'Firefox on Linux',
  reference: 'K7-4QF',
  profile: PROFILES.standard,
  gates: 2,
  gatesShown: 2,
  options: [],
  passed: [],
  challenges: [],
  phase: { name: 'proving', open: null },
  refusals: 0,
  refusedAttempt: null,
  extensions: 0,
  startedAt: now,
  expiresAt: now + minutes(30),
  ...change,
})

export const sampleEnrollment = (change: Partial<Enrollment> = {}): Enrollment => ({
  id: newId(random),
  account: { directory: 'builtin', id: 'id of alice' },
  method: 'app_code',
  secret: '{"seed":"a seed"}',
  source: 'import',
  attribute: null,
  confirmedAt: now,
  usableAt: now,
  lastUsedAt: null,
  version: 1,
  ...change,
})

export const samplePerson = (login: string): Person => ({
  id: `id of ${login}`,
  login,
  mail: [`${login}@example.test`],
  recoveryMail: [`${login}@example.org`],
  displayName: `${login} Example`,
  groups: ['staff'],
  locale: null,
  status: 'active',
  administrator: false,
  passwordHash: 'a hash',
  history: [],
  mustChange: false,
  passwordChangedAt: now,
  passwordExpiresAt: null,
  wrongPasswords: 0,
  lockedUntil: null,
  version: 1,
})

export const sampleNotice = (change: Partial<Notice> = {}): Notice => ({
  id: newId(random),
  subject: 'subject of alice',
  account: { directory: 'builtin', id: 'id of alice' },
  displayName: 'Alice Example',
  login: 'alice',
  address: 'alice@example.org',
  reset: null,
  reference: 'K7-4QF',
  channels: ['mail:alice@example.org'],
  methods: ['email'],
  expiresAt: now + minutes(60),
  usedAt: null,
  ...change,
})

/** Runs the work at once as often as asked, all on their way before the first ends. */
export const parallel = <T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)))
