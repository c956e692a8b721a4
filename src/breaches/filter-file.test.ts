import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { filterOf } from '../../rig/breach-list.ts'
import { tempFolder } from '../../rig/child.ts'
import { breachConformance } from './conformance.ts'
import { filterMistake, openFilterFile } from './filter-file.ts'

const folder = tempFolder('breaches')
afterAll(() => folder.remove())
const signal = AbortSignal.timeout(60_000)
const numbered = (name: string, length: number): string[] => Array.from({ length }, (_, n) => `${name} ${n}`)

breachConformance('filter_file', async known => openFilterFile(await filterOf(folder.path, known)))

it('forgets none of 100,000 passwords and takes fewer than one strange one in a thousand for known', async () => {
  const known = numbered('known', 100_000)
  const filter = openFilterFile(await filterOf(folder.path, known))
  const times = async (passwords: readonly string[]): Promise<number> => {
    let seen = 0
    for (const password of passwords) if (await filter.seen(password, signal)) seen += 1
    return seen
  }
  expect(await times(known)).toBe(100_000)
  expect(await times(numbered('strange', 100_000))).toBeLessThan(100)
  expect(filter.keys).toBe(100_000)
  await filter.close()
})

describe('a file that cannot be used', () => {
  const spoiled = async (spoil: (path: string) => void): Promise<string | null> => {
    const path = await filterOf(folder.path, numbered('known', 1_000), 'spoiled.filter')
    expect(filterMistake(path)).toBeNull()
    spoil(path)
    expect(() => openFilterFile(path)).toThrow()
    return filterMistake(path)
  }
  const flip = (at: number) => (path: string) => {
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.from([(readFileSync(path)[at] ?? 0) ^ 1]), 0, 1, at)
    closeSync(file)
  }

  it.each<[string, (path: string) => void, RegExp]>([
    ['is missing', path => rmSync(path), /^it cannot be read \(ENOENT\)$/],
    ['is empty', path => writeFileSync(path, ''), /was not made by "postern breach build"/],
    ['is a list', path => writeFileSync(path, 'A'.repeat(100_000)), /was not made by "postern breach build"/],
    ['is cut off in its header', path => truncateSync(path, 100), /cut off/],
    [
      'is cut off behind',
      path => truncateSync(path, 100_000),
      /has 100000 bytes in place of 131584: it is cut off/,
    ],
    [
      'has more behind',
      path => writeFileSync(path, 'x', { flag: 'a' }),
      /has 131585 bytes in place of 131584/,
    ],
    ['has another count', flip(39), /its header was altered/],
    ['has another version', flip(19), /its header was altered/],
    ['has another bit in its first block', flip(600), /it was altered or is damaged/],
    ['has another bit in its last block', flip(131_583), /it was altered or is damaged/],
    [
      'has a block in another place',
      path => writeFileSync(path, moved(readFileSync(path))),
      /altered or is damaged/,
    ],
  ])('one that %s is refused by name', async (_what, spoil, sentence) => {
    expect(await spoiled(spoil)).toMatch(sentence)
  })

  it('a folder is none', () => {
    expect(filterMistake(folder.path)).toBe('it is no file')
  })
})

/** The first two blocks in each other's place. */
const moved = (file: Buffer): Buffer =>
  Buffer.concat([
    file.subarray(0, 512),
    file.subarray(1024, 1536),
    file.subarray(512, 1024),
    file.subarray(1536),
  ])

describe('a list that is replaced while it is in use', () => {
  const path = join(folder.path, 'live.filter')
  const begin = async () => {
    await filterOf(folder.path, ['old'], 'live.filter')
    return openFilterFile(path)
  }

  it('counts from the next look-up on', async () => {
    const filter = await begin()
    await filterOf(folder.path, ['new'], 'live.filter')
    expect([await filter.seen('old', signal), await filter.seen('new', signal)]).toEqual([false, true])
    await filter.close()
  })

  it('is no answer while it is broken, and is one again when it is whole', async () => {
    const filter = await begin()
    const other = await filterOf(folder.path, ['new'], 'other.filter')
    writeFileSync(join(folder.path, 'broken'), readFileSync(other).subarray(0, 5_000))
    renameSync(join(folder.path, 'broken'), path)
    for (const _ of [1, 2]) await expect(filter.seen('old', signal)).rejects.toThrow('cut off')
    renameSync(other, path)
    expect(await filter.seen('new', signal)).toBe(true)
    await filter.close()
  })

  it('is served on where nothing is in its place', async () => {
    const filter = await begin()
    rmSync(path)
    expect(await filter.seen('old', signal)).toBe(true)
    await filter.close()
  })

  it('throws where a block was damaged since, even if nothing else tells it', async () => {
    await (await begin()).close()
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    const filter = openFilterFile(path)
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(131_072, 7), 0, 131_072, 512)
    closeSync(file)
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    await expect(filter.seen('old', signal)).rejects.toThrow('a block of it is damaged')
    await filter.close()
  })
})
