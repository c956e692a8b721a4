import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import type { Directory } from '../directory.ts'
import { exportAudit } from '../store/audit-export.ts'
import { type AssignedToken, type Assigning, assignToken } from './assign-token.ts'
import { deliverDue } from './deliver.ts'
import { importLine } from './enroll.ts'
import { listEnrollments, removeEnrollment } from './enrollments.ts'
import { subjectOf } from './subject.ts'
import { allTokens, removeToken, tokensOf } from './tokens.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const secretOf = (n: number): string =>
  SECRET.slice(2) + ['AA', 'AB', 'AC', 'AD', 'AE', 'AF', 'AG', 'AH', 'AI'][n]

let rig: BuiltinRig
let world: TestWorld
let alice = ''

beforeEach(async () => {
  rig = await builtinRig()
  alice = await rig.add('alice', null, { mail: ['alice@example.test'], displayName: 'Alice' })
  await rig.add('bob', null, { mail: ['bob@example.test'] })
  world = await testWorld([rig.directory])
})
afterEach(async () => {
  await world.store.close()
  await rig.stop()
})

const token = (change: Partial<AssignedToken> = {}): AssignedToken => ({
  ...{ login: 'alice', serial: 'GALT-1', secret: SECRET, period: 30, manufacturer: 'Feitian', model: 'c200' },
  ...change,
})
const HOW: Assigning = { algorithm: 'SHA1', digits: 6, planned: null }
const give = (change: Partial<AssignedToken> = {}, how: Partial<Assigning> = {}) =>
  assignToken(world, token(change), { ...HOW, ...how })

async function told(): Promise<string[]> {
  world.sent.splice(0)
  await deliverDue(world)
  return world.sent.map(({ message, address }) => `${message.kind} ${address.to}`).sort()
}

const recorded = async () => {
  const records = []
  for await (const record of exportAudit(world.store)) records.push(record)
  return records
}

async function all() {
  const tokens = []
  for await (const each of allTokens(world)) tokens.push(each)
  return tokens.sort((one, other) => (one.serial < other.serial ? -1 : 1))
}

test('an assigned token waits for its owner, who is told; it is recorded', async () => {
  expect(await give()).toMatchObject({
    result: 'imported',
    login: 'alice',
    text: expect.stringMatching(/waits for activation/),
  })
  const subject = subjectOf(world.keys, { directory: 'people', id: alice })
  expect(await world.store.read(tx => tx.enrollments.of(subject))).toMatchObject([
    {
      ...{ method: 'hardware_code', source: 'import', confirmedAt: null },
      device: { serial: 'GALT-1', manufacturer: 'Feitian', model: 'c200', login: 'alice' },
    },
  ])
  expect(await listEnrollments(world, 'alice')).toMatchObject([{ serial: 'GALT-1', isWaiting: true }])
  expect(await told()).toEqual(['token_assigned alice@example.test'])
  expect(world.sent[0]?.message).toMatchObject({ serial: 'GALT-1', displayName: 'Alice' })
  expect(await recorded()).toMatchObject([
    {
      name: 'enrollment.imported',
      reason: 'waits_for_activation',
      method: 'hardware_code',
      actor: 'operator',
    },
  ])
  expect(JSON.stringify([await recorded(), world.sent, await all()])).not.toContain(SECRET.slice(0, 8))
})

test('one serial number is one token, of one account, in whatever case', async () => {
  await give()
  expect(await give({ serial: 'galt-1' })).toMatchObject({ result: 'there_already' })
  expect(await give({ secret: secretOf(1) })).toMatchObject({
    result: 'refused',
    text: expect.stringMatching(/another secret/),
  })
  expect(await give({ login: 'bob', secret: secretOf(1) })).toEqual({
    ...{ result: 'refused', login: 'bob', text: 'The token GALT-1 is assigned to alice.' },
  })
  expect(await all()).toHaveLength(1)
})

test('one device has one place: no second number for it, and no app with its secret', async () => {
  await give()
  expect(await give({ serial: 'GALT-2' })).toMatchObject({
    result: 'refused',
    text: expect.stringMatching(/this very secret/),
  })
  await importLine(world, JSON.stringify({ login: 'alice', method: 'app_code', secret: secretOf(1) }), false)
  expect(await give({ serial: 'GALT-2', secret: secretOf(1) })).toMatchObject({ result: 'refused' })
  const app = { login: 'alice', method: 'app_code', secret: SECRET }
  expect(await importLine(world, JSON.stringify(app), false)).toMatchObject({
    ...{ result: 'there_already', text: expect.stringMatching(/^hardware_code is registered already/) },
  })
})

test('apps and tokens of one account are five together', async () => {
  for (const n of [0, 1])
    await importLine(
      world,
      JSON.stringify({ login: 'alice', method: 'app_code', secret: secretOf(n) }),
      false,
    )
  const results = []
  for (const n of [2, 3, 4, 5])
    results.push((await give({ serial: `GALT-${n}`, secret: secretOf(n) })).result)
  expect(results).toEqual(['imported', 'imported', 'imported', 'refused'])
  expect(await give({ login: 'bob', serial: 'GALT-5', secret: secretOf(5) })).toMatchObject({
    result: 'imported',
  })
})

test('of two who assign one token at once, one does', async () => {
  const both = await Promise.all([give(), give({ login: 'bob', secret: secretOf(1) })])
  expect(both.map(({ result }) => result).sort()).toEqual(['imported', 'refused'])
  expect(await all()).toHaveLength(1)
})

test('a dry run says what would be, and keeps nothing', async () => {
  const planned: NonNullable<Assigning['planned']> = []
  const results = []
  for (const n of [0, 1, 2, 3, 4, 5])
    results.push((await give({ serial: `GALT-${n}`, secret: secretOf(n) }, { planned })).result)
  expect(results).toEqual([...Array.from({ length: 5 }, () => 'imported'), 'refused'])
  expect(await give({ login: 'bob', serial: 'galt-0', secret: secretOf(6) }, { planned })).toMatchObject({
    result: 'refused',
  })
  expect([await all(), await told(), await recorded()]).toEqual([[], [], []])
})

test('nobody’s token, and one with a secret that is none, are refused without a word of them', async () => {
  for (const wrong of [{ login: 'nobody' }, { secret: 'GEZDGNBV' }, { secret: `${SECRET}1` }, { period: 45 }])
    expect(await give(wrong)).toMatchObject({ result: 'refused', login: null })
  expect(JSON.stringify(await give({ secret: 'GEZDGNBVSECRET' }))).not.toMatch(/GEZDGNBV|GALT/)
})

test('a directory that cannot be asked is no "nobody"', async () => {
  const down: Directory = { ...rig.directory, find: () => Promise.reject(new Error('down')) }
  const other = await testWorld([down])
  await expect(assignToken(other, token(), HOW)).rejects.toMatchObject({ code: 'not-now' })
  await other.store.close()
})

test('a removed token is free for somebody else, and its former owner is told', async () => {
  await give()
  await told()
  expect(await removeToken(world, 'galt-1')).toBe('alice')
  expect(await told()).toEqual(['enrollment_removed alice@example.test'])
  expect((await recorded()).map(({ name }) => name)).toEqual(['enrollment.imported', 'enrollment.removed'])
  await expect(removeToken(world, 'GALT-1')).rejects.toMatchObject({ code: 'not-found' })
  expect(await give({ login: 'bob' })).toMatchObject({ result: 'imported' })
  const [listed] = await listEnrollments(world, 'bob')
  await removeEnrollment(world, 'bob', listed?.id ?? '')
  expect(await give()).toMatchObject({ result: 'imported' })
})

test('the token of somebody who is gone can be taken back', async () => {
  await give()
  const gone = { ...world, directories: [{ ...rig.directory, read: async () => null }] }
  expect(await removeToken(gone, 'GALT-1')).toBe('alice')
  expect(await all()).toEqual([])
})

test('lists say whose a token is and whether it waits', async () => {
  await give()
  await give({ login: 'bob', serial: 'GALT-2', secret: secretOf(2), manufacturer: '', model: '' })
  expect(await all()).toMatchObject([
    { serial: 'GALT-1', login: 'alice', confirmedAt: null },
    { serial: 'GALT-2', login: 'bob' },
  ])
  expect(await tokensOf(world, 'bob')).toMatchObject([{ serial: 'GALT-2' }])
  await expect(tokensOf(world, 'nobody')).rejects.toMatchObject({ code: 'not-found' })
})
