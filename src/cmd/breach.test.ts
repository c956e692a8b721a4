import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, it } from 'vitest'
import { listOf } from '../../rig/breach-list.ts'
import { tempFolder } from '../../rig/child.ts'
import { openFilterFile } from '../breaches/filter-file.ts'
import { main } from './main.ts'

const folder = tempFolder('breach-build')
afterAll(() => folder.remove())
const list = join(folder.path, 'list.txt')
const out = join(folder.path, 'breach.filter')
const LINES = listOf(Array.from({ length: 2_000 }, (_, n) => `key ${n}`)) + listOf(['rare'], 1)

async function postern(words: readonly string[], input = '') {
  const told: Record<'out' | 'err', string[]> = { out: [], err: [] }
  const terminal = {
    input: Readable.from([Buffer.from(input)]),
    out: (text: string) => void told.out.push(text),
    err: (text: string) => void told.err.push(text),
  }
  const code = await main(['breach', ...words], { env: {}, terminal })
  return { code, out: told.out.join(''), err: told.err.join('') }
}

const knows = async (password: string): Promise<boolean> => {
  const filter = openFilterFile(out)
  const seen = await filter.seen(password, AbortSignal.timeout(5_000))
  await filter.close()
  return seen
}

it('makes a file, says what it holds, and leaves nothing beside it', async () => {
  writeFileSync(list, LINES)
  const { code, out: said, err } = await postern(['build', list, out])
  expect([code, err]).toEqual([0, ''])
  expect(said).toMatch(/breach\.filter holds 2,001 of 2,001 digests in 131,584 bytes\.\n/)
  expect(said).toMatch(/not on the list it refuses 0\.0\d\d % in error\.\n/)
  expect(readdirSync(folder.path).toSorted()).toEqual(['breach.filter', 'list.txt'])
  expect(await Promise.all(['key 7', 'rare', 'key 2001'].map(knows))).toEqual([true, true, false])
})

it('reads standard input, and leaves out what was seen too rarely', async () => {
  const { code, out: said } = await postern(['build', '-', out, '--min-count', '2'], LINES)
  expect([code, said]).toEqual([
    0,
    expect.stringMatching(/2,000 of 2,001[\s\S]*seen fewer than 2 times: 1\./),
  ])
  expect(await Promise.all(['key 7', 'rare'].map(knows))).toEqual([true, false])
})

it('makes the same file of the same lines in any order', async () => {
  const digest = () => createHash('sha256').update(readFileSync(out)).digest('hex')
  await postern(['build', '-', out], LINES)
  const first = digest()
  await postern(['build', '-', out], LINES.trimEnd().split('\r\n').toSorted().join('\n'))
  expect(digest()).toBe(first)
})

it.each<[string, string, RegExp]>([
  ['an empty list', '', /holds nothing to take/],
  ['NTLM digests', '8846F7EAEE8FB117AD06BDD830B7586C:3\n', /1 of 1 lines are no SHA-1 digest/],
  ['nothing that was seen so often', listOf(['rare'], 0), /holds nothing to take/],
])('%s leaves what was there, and nothing beside it', async (_what, text, sentence) => {
  await postern(['build', '-', out], LINES)
  const before = statSync(out)
  const { code, err } = await postern(['build', '-', out], text)
  expect([code, err]).toEqual([1, expect.stringMatching(sentence)])
  expect(statSync(out).ino).toBe(before.ino)
  expect(existsSync(`${out}.new`) || existsSync(`${out}.spill`)).toBe(false)
})

it.each<[string[], number, RegExp]>([
  [['build', join(folder.path, 'none'), out], 1, /none cannot be read or written \(ENOENT\)/],
  [['build', '-', join(folder.path, 'none', 'x')], 1, /cannot be read or written \(ENOENT\)/],
  [['build', folder.path, out], 1, /cannot be read or written \(EISDIR\)/],
  [['build', '-'], 2, /missing/],
  [['burn', '-', out], 2, /used wrongly/],
  [['build', '-', out, '--min-count', '0'], 2, /whole number/],
])('postern breach %j ends with %i and a sentence', async (words, code, sentence) => {
  expect(await postern(words, LINES)).toMatchObject({ code, err: expect.stringMatching(sentence) })
})
