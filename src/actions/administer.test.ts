import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { OPEN_SETTINGS, type TestWorld, testWorld } from '../../rig/world.ts'
import type { Directory } from '../directory.ts'
import type { Settings } from '../settings.ts'
import { exportAudit } from '../store/audit-export.ts'
import { applySettings, readSettings } from './administer.ts'

let rig: BuiltinRig
let world: TestWorld
beforeEach(async () => {
  rig = await builtinRig()
  await rig.add('alice', null, { groups: ['Staff'] })
  world = await testWorld([rig.directory])
})
afterEach(async () => {
  await world.store.close()
  await rig.stop()
})

const apply = (
  change: Partial<Settings>,
  options: { expected?: number; dryRun?: boolean; allowUnknownGroups?: boolean } = {},
) =>
  applySettings(world, {
    settings: { ...OPEN_SETTINGS, ...change },
    expected: null,
    dryRun: false,
    allowUnknownGroups: false,
    ...options,
  })

const recorded = async () => {
  const records = []
  for await (const record of exportAudit(world.store)) records.push(record)
  return records
}

test('a policy is in force as the next version, and on record with what changed', async () => {
  expect(await apply({ gates: 1, unlock: false })).toMatchObject({
    ok: true,
    version: 2,
    before: { version: 1 },
  })
  expect(await readSettings(world)).toEqual({
    version: 2,
    settings: { ...OPEN_SETTINGS, gates: 1, unlock: false },
  })
  expect(await recorded()).toMatchObject([
    {
      name: 'settings.applied',
      actor: 'operator',
      object: 'policy 2',
      detail: { version: 2, changed: 'gates unlock' },
    },
  ])
})

test('a dry run and a mistake change nothing', async () => {
  expect(await apply({ gates: 1 }, { dryRun: true })).toMatchObject({ ok: true, version: 2 })
  expect(await apply({ methods: [] })).toMatchObject({ ok: false })
  expect(await readSettings(world)).toEqual({ version: 1, settings: OPEN_SETTINGS })
  expect(await recorded()).toEqual([])
})

test('a change that was written against another version is refused', async () => {
  await apply({ gates: 1 }, { expected: 1 })
  expect(await apply({ unlock: false }, { expected: 1 })).toEqual({
    ok: false,
    mistakes: [expect.stringMatching(/^Version 2 of the policy is in force/)],
  })
})

test('of two who apply in the same moment one is refused', async () => {
  const outcomes = await Promise.allSettled([apply({ gates: 1 }), apply({ unlock: false })])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await readSettings(world)).version).toBe(2)
  expect(await recorded()).toHaveLength(1)
})

test('a group that no directory lists is refused, wherever it stands, unless that is wanted', async () => {
  expect(await apply({ scope: { kind: 'selected', groups: ['staff'] } })).toMatchObject({ ok: true })
  const nowhere = { scope: { kind: 'selected', groups: ['Mail list'] }, protectedGroups: ['Board'] } as const
  expect(await apply(nowhere)).toEqual({
    ok: false,
    mistakes: [expect.stringMatching(/"Mail list"/), expect.stringMatching(/"Board"/)],
  })
  expect(await apply(nowhere, { allowUnknownGroups: true })).toMatchObject({ ok: true, version: 3 })
})

test('a directory that cannot be asked is named, and no group is refused because of it', async () => {
  const down: Directory = { ...rig.directory, name: 'far', groups: () => Promise.reject(new Error('down')) }
  const other = { ...world, directories: [rig.directory, down] }
  const settings = { ...OPEN_SETTINGS, protectedGroups: ['Board'] }
  const applied = await applySettings(other, {
    settings,
    expected: null,
    dryRun: true,
    allowUnknownGroups: false,
  })
  expect(applied).toMatchObject({ ok: true, unasked: ['far'] })
})

test('a group by its DN is looked for by its name, further pages too', async () => {
  const asked: (string | null)[] = []
  const ldap: Directory = {
    ...rig.directory,
    groups: async (text, page) => {
      asked.push(page)
      const name = page === null ? `${text} A` : text
      return { items: [{ id: `cn=${name},dc=org`, name }], next: page === null ? '1' : null }
    },
  }
  const other = { ...world, directories: [ldap] }
  const settings = { ...OPEN_SETTINGS, protectedGroups: ['CN=Board,DC=org'] }
  const applied = await applySettings(other, {
    settings,
    expected: null,
    dryRun: true,
    allowUnknownGroups: false,
  })
  expect(applied).toMatchObject({ ok: true })
  expect(asked).toEqual([null, '1'])
})
