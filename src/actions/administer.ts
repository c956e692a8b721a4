import { isDeepStrictEqual } from 'node:util'
import type { Directory, Group } from '../directory.ts'
import { AppError } from '../errors.ts'
import { deadline } from '../lib/clock.ts'
import type { Settings } from '../settings.ts'
import { currentSettings } from './current-settings.ts'
import { mistakesIn } from './settings-check.ts'
import type { World } from './world.ts'

/** Looking one group up; a directory that is slower is asked by hand. */
const GROUP_MS = 5_000
const GROUP_PAGES_MAX = 10

export type Policy = { readonly version: number; readonly settings: Settings }

/** The policy in force; version 0 before the first was applied. */
export const readSettings = (world: Pick<World, 'store'>): Promise<Policy> =>
  world.store.read(async tx => ({
    version: (await tx.settings.current())?.version ?? 0,
    settings: await currentSettings(tx),
  }))

export type SettingsChange = {
  readonly settings: Settings
  /** The version that the change was written against; null: whichever is in force. */
  readonly expected: number | null
  /** Groups that no directory lists are taken all the same. */
  readonly allowUnknownGroups: boolean
  readonly dryRun: boolean
}

export type Applied =
  | {
      readonly ok: true
      readonly before: Policy
      readonly version: number
      readonly unasked: readonly string[]
    }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/**
 * Checks a whole policy and puts it in force as the next version, with its audit record (decisions 7.4). No: every
 * mistake at once. `unasked`: directories that could not say whether a group is theirs. Throws `not-now`.
 */
export async function applySettings(world: World, change: SettingsChange): Promise<Applied> {
  const groups = await unknownGroups(world, change.settings)
  const mistakes = [
    ...mistakesIn(change.settings, world.profile),
    ...(change.allowUnknownGroups ? [] : groups.unknown.map(unknownGroup)),
  ]
  if (mistakes.length > 0) return { ok: false, mistakes }
  const before = await readSettings(world)
  const expected = change.expected ?? before.version
  if (expected !== before.version) return { ok: false, mistakes: [otherVersion(before.version)] }
  if (!change.dryRun) await save(world, before, change.settings)
  return { ok: true, before, version: expected + 1, unasked: groups.unasked }
}

const otherVersion = (version: number): string =>
  `Version ${version} of the policy is in force; export it, and apply your change to that.`

const unknownGroup = (group: string): string =>
  `No directory lists a security group "${group}" (distribution groups protect nothing and are not listed).`

async function save(world: World, before: Policy, settings: Settings): Promise<void> {
  const version = before.version + 1
  await world.store.transact(async tx => {
    const saved = await tx.settings.save(before.version, settings, world.clock.now())
    if (!saved) throw new AppError('invalid-input', 'Somebody else changed the policy in the same moment.')
    await tx.audit({
      name: 'settings.applied',
      actor: 'operator',
      result: 'ok',
      object: `policy ${version}`,
      detail: { version, changed: changedKeys(before.settings, settings).join(' ') },
    })
  })
}

const changedKeys = (before: Settings, after: Settings): string[] => {
  const former: Readonly<Record<string, unknown>> = before
  return Object.entries(after)
    .filter(([key, value]) => !isDeepStrictEqual(value, former[key]))
    .map(([key]) => key)
}

type Lookup = { readonly unknown: readonly string[]; readonly unasked: readonly string[] }

/** Groups of the policy that no directory lists, where every directory could be asked (decisions 4.2). */
async function unknownGroups(world: World, settings: Settings): Promise<Lookup> {
  const named = [...settings.scope.groups, ...settings.administrators.groups, ...settings.protectedGroups]
  const unasked = new Set<string>()
  const unknown: string[] = []
  for (const group of new Set(named)) {
    const answers = await Promise.all(world.directories.map(directory => lists(directory, group)))
    for (const [i, answer] of answers.entries()) {
      if (answer === null) unasked.add(world.directories[i]?.name ?? '')
    }
    if (answers.every(answer => answer === false)) unknown.push(group)
  }
  return { unknown, unasked: [...unasked] }
}

/** Null: the directory could not be asked, or a SID is named, which cannot be searched for by its beginning. */
async function lists(directory: Directory, group: string): Promise<boolean | null> {
  if (/^S-1-[\d-]+$/i.test(group)) return null
  const name = /^[^=,]+=([^,]+)/.exec(group)?.[1] ?? group
  const isIt = (item: Group): boolean =>
    [item.id, item.name].some(text => text.toLowerCase() === group.toLowerCase())
  try {
    let page: string | null = null
    for (let pages = 0; pages < GROUP_PAGES_MAX; pages++) {
      const found = await directory.groups(name, page, deadline(GROUP_MS))
      if (found.items.some(isIt)) return true
      if (found.next === null) return false
      page = found.next
    }
    return null
  } catch {
    return null
  }
}
