import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { createPasswordHash } from '../directories/builtin/password-hash.ts'
import { BUILTIN_POLICY, keysOf } from '../directories/builtin/people.ts'
import { createBuiltinDirectory } from '../directories/builtin.ts'
import { deadline } from '../lib/clock.ts'
import { createHashQueue } from '../lib/hash-queue.ts'
import { exportAudit } from '../store/audit-export.ts'
import { deliverDue } from './deliver.ts'
import { importLine } from './enroll.ts'
import { listEnrollments } from './enrollments.ts'
import {
  addPerson,
  type NewPerson,
  type PeopleCraft,
  removePerson,
  requireReset,
  setPersonPassword,
  setPersonStatus,
} from './people.ts'

const DOMAINS = ['example.test']
const hash = createPasswordHash(createHashQueue(), {
  memoryCost: 256,
  timeCost: 1,
  parallelism: 1,
  outputLen: 32,
})
const craft: PeopleCraft = {
  directory: 'local',
  hash: password => hash.hash(password, deadline(10_000)),
  keysOf: person => keysOf(person, DOMAINS),
}
const ALICE: NewPerson = {
  login: 'alice',
  displayName: 'Alice',
  mail: ['Alice@EXAMPLE.test'],
  recoveryMail: ['alice@elsewhere.test'],
  groups: ['staff'],
  locale: 'de',
  administrator: false,
  password: 'violet-harbour-71',
}

let world: TestWorld
beforeEach(async () => {
  const bare = await testWorld([])
  const directory = createBuiltinDirectory({
    name: 'local',
    domains: DOMAINS,
    store: {
      transact: work => bare.store.transact(tx => work(tx.people)),
      read: work => bare.store.read(tx => work(tx.people)),
    },
    clock: bare.clock,
    hash,
    policy: BUILTIN_POLICY,
  })
  world = {
    ...bare,
    directories: [directory],
    passwordRules: () => ({
      check: async password => (password.length < 12 ? { reason: 'too_short', value: 12 } : null),
      shown: () => null,
    }),
  }
  expect(await addPerson(world, craft, ALICE)).toBeNull()
})
afterEach(() => world.store.close())

const found = async () => world.directories[0]?.find('alice', deadline(5_000)) ?? null
const opens = async (password: string) => {
  const account = await found()
  return account && world.directories[0]?.authenticate(account.ref, password, deadline(5_000))
}
async function recorded(): Promise<string[]> {
  const names = []
  for await (const { name, actor, person } of exportAudit(world.store))
    names.push(`${actor} ${name} ${person?.['login']}`)
  return names
}
async function told(): Promise<string[]> {
  await deliverDue(world)
  return world.sent.map(({ message, address }) => `${message.kind} ${address.to} ${address.locale}`).sort()
}

test('an added person is found, signs in, and is on record', async () => {
  expect(await found()).toMatchObject({
    login: 'alice',
    mail: ['Alice@example.test'],
    groups: ['staff'],
    status: 'active',
    privileged: false,
  })
  expect(await opens('violet-harbour-71')).toBe('yes')
  expect(await recorded()).toEqual(['operator account.created alice'])
})

test.each<[Partial<NewPerson>, RegExp]>([
  [{ login: ' ALICE@example.test ' }, /is somebody’s already/],
  [{ login: 'bob' }, /is somebody’s already/],
  [{ login: '' }, /The login is malformed/],
  [{ login: 'bob\u202e' }, /The login is malformed/],
  [{ login: 'bob', mail: ['bob'] }, /"bob" is no mail address/],
  [{ login: 'bob', mail: [], displayName: '\n' }, /empty, too long/],
  [{ login: 'bob', mail: [], groups: [''] }, /empty, too long/],
  [{ login: 'bob', mail: [], locale: 'x_y' }, /x_y is no language/],
])('%j is refused and leaves nothing', async (change, expected) => {
  await expect(addPerson(world, craft, { ...ALICE, ...change })).rejects.toMatchObject({
    code: 'invalid-input',
    message: expect.stringMatching(expected),
  })
  expect(await recorded()).toHaveLength(1)
})

test('our own rules hold for the first password and for every later one', async () => {
  const bob = { ...ALICE, login: 'bob', mail: [], password: 'short' }
  expect(await addPerson(world, craft, bob)).toEqual({ reason: 'too_short', value: 12 })
  expect(await setPersonPassword(world, craft, 'alice', 'short')).toEqual({ reason: 'too_short', value: 12 })
  expect(await setPersonPassword(world, craft, 'alice', 'violet-harbour-71')).toMatchObject({
    reason: 'same_as_current',
  })
  expect(await recorded()).toHaveLength(1)
})

test('a password that an operator set opens, is on record, and is told to every address', async () => {
  world.clock.advance(1_000)
  expect(await setPersonPassword(world, craft, 'alice', 'umbrella-thunder-93')).toBeNull()
  expect([await opens('umbrella-thunder-93'), await opens('violet-harbour-71')]).toEqual(['yes', 'no'])
  expect(await recorded()).toContain('operator password.changed alice')
  expect(await told()).toEqual([
    'password_changed Alice@example.test de',
    'password_changed alice@elsewhere.test de',
  ])
})

test('a disabled account opens nothing until it is enabled', async () => {
  await setPersonStatus(world, craft, 'alice', 'disabled')
  expect(await opens('violet-harbour-71')).toBe('disabled')
  await setPersonStatus(world, craft, 'alice', 'active')
  expect(await opens('violet-harbour-71')).toBe('yes')
  expect((await recorded()).slice(1)).toEqual([
    'operator account.updated alice',
    'operator account.updated alice',
  ])
})

test('a removed person takes every enrollment along', async () => {
  await importLine(world, JSON.stringify({ login: 'alice', method: 'email', address: 'a@b.test' }), false)
  const [one] = await listEnrollments(world, 'alice')
  await removePerson(world, craft, 'alice')
  expect(await found()).toBeNull()
  expect(await world.store.read(tx => tx.enrollments.get(one?.id ?? ''))).toBeNull()
  expect(await recorded()).toContain('operator account.removed alice')
})

test('whoever must reset is marked, told at every address, and on record', async () => {
  expect(await requireReset(world, craft, 'alice')).toBe(true)
  expect(await found()).toMatchObject({ mustChange: true })
  expect(await opens('violet-harbour-71')).toBe('must_change')
  expect(await told()).toEqual([
    'reset_required Alice@example.test de',
    'reset_required alice@elsewhere.test de',
  ])
  expect(await recorded()).toContain('operator account.reset_required alice')
})

test('an account of another directory is told to reset, and managed there', async () => {
  const other = { ...craft, directory: 'elsewhere' }
  expect(await requireReset(world, other, 'alice')).toBe(false)
  expect(await found()).toMatchObject({ mustChange: false })
  expect(await told()).toHaveLength(2)
  await expect(setPersonPassword(world, other, 'alice', 'umbrella-thunder-93')).rejects.toMatchObject({
    message: expect.stringMatching(/kept in the directory local/),
  })
  await expect(removePerson(world, other, 'alice')).rejects.toMatchObject({ code: 'invalid-input' })
  await expect(removePerson(world, craft, 'nobody')).rejects.toMatchObject({ code: 'not-found' })
})
