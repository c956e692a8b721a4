import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import type { Directory } from '../directory.ts'
import { exportAudit } from '../store/audit-export.ts'
import { limitNames } from './current-settings.ts'
import { deliverDue } from './deliver.ts'
import { importLine } from './enroll.ts'
import { enableEnrollments, listEnrollments, removeEnrollment } from './enrollments.ts'
import { subjectOf } from './subject.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
let rig: BuiltinRig
let world: TestWorld
let id = ''

beforeEach(async () => {
  rig = await builtinRig()
  id = await rig.add('alice', null, {
    mail: ['alice@example.test'],
    recoveryMail: ['alice@elsewhere.test'],
    displayName: 'Alice',
  })
  world = await testWorld([rig.directory])
})
afterEach(async () => {
  await world.store.close()
  await rig.stop()
})

const bring = (fields: object, dryRun = false) => importLine(world, JSON.stringify(fields), dryRun)
const appCode = { login: 'alice', method: 'app_code', secret: SECRET }
const email = { login: 'Alice@Example.Test', method: 'email', address: 'alice@OTHER.test' }

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

const storedHere = () =>
  world.store.read(tx => tx.enrollments.of(subjectOf(world.keys, { directory: 'people', id })))

test('an imported enrollment counts at once, is recorded, and is told to the other addresses', async () => {
  expect(await bring(appCode)).toMatchObject({ result: 'imported', login: 'alice' })
  const now = world.clock.now()
  expect(await storedHere()).toMatchObject([
    {
      method: 'app_code',
      source: 'import',
      attribute: null,
      confirmedAt: now,
      usableAt: now,
      account: { directory: 'people', id },
    },
  ])
  expect(await told()).toEqual(['enrolled alice@elsewhere.test', 'enrolled alice@example.test'])
  expect(await recorded()).toMatchObject([
    {
      name: 'enrollment.imported',
      actor: 'operator',
      result: 'ok',
      method: 'app_code',
      person: { login: 'alice' },
    },
  ])
})

test('a new address is not told about itself, and the former ones are', async () => {
  await bring(email)
  expect(await told()).toEqual(['enrolled alice@elsewhere.test', 'enrolled alice@example.test'])
  await bring(appCode)
  expect(await told()).toContain('enrolled alice@other.test')
})

test('a mapped address may be confirmed by an import, and is not told about itself', async () => {
  const mapped = {
    id: 'mapped',
    account: { directory: 'people', id },
    method: 'email',
    secret: 'alice@elsewhere.test',
  } as const
  const seen = {
    source: 'directory',
    attribute: 'recoveryMail',
    confirmedAt: null,
    usableAt: 0,
    lastUsedAt: null,
    version: 1,
  } as const
  await world.store.transact(tx =>
    tx.enrollments.insert(subjectOf(world.keys, mapped.account), { ...mapped, ...seen }),
  )
  expect(await bring({ ...email, address: 'alice@elsewhere.test' })).toMatchObject({ result: 'imported' })
  expect(await told()).toEqual(['enrolled alice@example.test'])
  await expect(removeEnrollment(world, 'alice', 'mapped')).rejects.toMatchObject({ code: 'wrong-step' })
})

test('a dry run looks everything up and leaves nothing behind', async () => {
  expect(await bring(appCode, true)).toMatchObject({
    result: 'imported',
    text: 'app_code would be registered.',
  })
  expect(await bring({ ...appCode, login: 'nobody' }, true)).toMatchObject({ result: 'refused' })
  expect([await storedHere(), await told(), await recorded()]).toEqual([[], [], []])
})

test('the same line again changes nothing, in whatever spelling', async () => {
  await bring(appCode)
  await bring(email)
  expect(await bring({ ...appCode, secret: SECRET.toLowerCase() })).toMatchObject({ result: 'there_already' })
  expect(await bring({ ...email, address: 'ALICE@other.test' })).toMatchObject({ result: 'there_already' })
  expect(await storedHere()).toHaveLength(2)
})

test('a second set of recovery codes is not taken beside the first', async () => {
  const codes = { login: 'alice', method: 'recovery_code', codes: ['AAAABBBBCCCCDDDD'] }
  await bring(codes)
  expect(await bring({ ...codes, codes: ['EEEEFFFFGGGGHHHH'] })).toMatchObject({ result: 'there_already' })
})

test('no report holds a secret', async () => {
  const lines = [
    appCode,
    { ...appCode, login: 'nobody' },
    { ...appCode, secret: `${SECRET}1` },
    { ...appCode, digits: 9 },
    appCode,
  ]
  for (const line of lines) expect(JSON.stringify(await bring(line))).not.toContain(SECRET.slice(0, 8))
})

test('an account in two directories is nobody’s', async () => {
  const both = await testWorld([rig.directory, { ...rig.directory, name: 'other' }])
  expect(await importLine(both, JSON.stringify(appCode), false)).toMatchObject({
    result: 'refused',
    text: expect.stringMatching(/more than one/),
  })
  await both.store.close()
})

test('a directory that cannot be asked is no "nobody"', async () => {
  const down: Directory = { ...rig.directory, find: () => Promise.reject(new Error('down')) }
  const other = await testWorld([down])
  await expect(importLine(other, JSON.stringify(appCode), false)).rejects.toMatchObject({ code: 'not-now' })
  await other.store.close()
})

test('an account holds ten of a method, no more', async () => {
  const addresses = Array.from({ length: 11 }, (_, i) => `alice${i}@other.test`)
  const results = []
  for (const address of addresses) results.push((await bring({ ...email, address })).result)
  expect(results).toEqual([...Array.from({ length: 10 }, () => 'imported'), 'refused'])
})

test('a removed enrollment is gone, recorded, and told to every address, its own too', async () => {
  await bring(email)
  await told()
  const [listed] = await listEnrollments(world, 'alice')
  await removeEnrollment(world, 'alice', listed?.id ?? '')
  expect(await told()).toEqual([
    'enrollment_removed alice@elsewhere.test',
    'enrollment_removed alice@example.test',
    'enrollment_removed alice@other.test',
  ])
  expect(await listEnrollments(world, 'alice')).toEqual([])
  expect((await recorded()).map(({ name }) => name)).toEqual(['enrollment.imported', 'enrollment.removed'])
})

test('nobody’s and another person’s enrollment cannot be removed', async () => {
  await bring(email)
  await rig.add('bob', null)
  const [listed] = await listEnrollments(world, 'alice')
  await expect(removeEnrollment(world, 'bob', listed?.id ?? '')).rejects.toMatchObject({ code: 'not-found' })
  await expect(removeEnrollment(world, 'nobody', listed?.id ?? '')).rejects.toMatchObject({
    code: 'not-found',
  })
  expect(await storedHere()).toHaveLength(1)
})

test('what rests is woken for both audiences, and only that is recorded', async () => {
  await bring(email)
  await bring(appCode)
  const [first, second] = await listEnrollments(world, 'alice')
  await world.store.transact(async tx => {
    await tx.limits.add(limitNames.failures(first?.id ?? '', 'strangers'), 30, world.clock.now())
    await tx.limits.add(limitNames.failures(first?.id ?? '', 'known'), 2, world.clock.now())
  })
  expect((await listEnrollments(world, 'alice')).map(({ failures }) => failures)).toEqual([
    { known: 2, strangers: 30 },
    { known: 0, strangers: 0 },
  ])
  expect(await enableEnrollments(world, 'alice')).toBe(1)
  expect(
    (await listEnrollments(world, 'alice')).every(
      ({ failures }) => failures.known + failures.strangers === 0,
    ),
  ).toBe(true)
  expect(await enableEnrollments(world, 'alice')).toBe(0)
  const woken = (await recorded()).filter(({ name }) => name === 'enrollment.enabled')
  expect(woken.map(({ object }) => object)).toEqual([first?.id])
  expect(second?.id).not.toBe(first?.id)
})
