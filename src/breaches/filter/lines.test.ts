import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import '../../../rig/fixed-seed.ts'
import { listOf, piecesOf, sha1Hex } from '../../../rig/breach-list.ts'
import { readLines } from './lines.ts'

/** What was taken, as upper-case hex, and the counts. */
async function read(text: string, minCount = 1, piece = 1_000) {
  const taken: string[] = []
  const counts = await readLines(piecesOf(text, piece), minCount, digest =>
    taken.push(digest.toString('hex').toUpperCase()),
  )
  return { ...counts, digests: taken }
}

const names = ['one', 'two', 'three']
const digests = names.map(sha1Hex)

it.each<[string, string]>([
  ['as it is downloaded', listOf(names)],
  ['with plain line ends', listOf(names).replaceAll('\r', '')],
  ['without a last line end', listOf(names).trimEnd()],
  ['in small letters', listOf(names).toLowerCase()],
  ['without counts', digests.join('\n')],
  ['with empty lines', `\n\r\n${digests.join('\n\n')}\n\n`],
])('takes a list %s', async (_what, text) => {
  expect(await read(text)).toMatchObject({ digests, lines: 3, taken: 3, malformed: 0, below: 0 })
})

it('takes the same whatever the pieces in which it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async piece => {
      expect(await read(listOf(names), 1, piece)).toMatchObject({ digests, malformed: 0 })
    }),
  )
})

it('leaves out what was seen too rarely, and padding always', async () => {
  const text = `${listOf(['often'], 10)}${listOf(['rare'], 9)}${listOf(['padding'], 0)}${sha1Hex('uncounted')}\n`
  expect(await read(text, 10)).toMatchObject({ digests: [sha1Hex('often')], below: 3 })
  expect(await read(text)).toMatchObject({ taken: 3, below: 1 })
})

describe('a malformed line', () => {
  const [digest = ''] = digests
  const LIST = listOf(Array.from({ length: 1_000 }, (_, n) => `key ${n}`))

  it.each<[string, string]>([
    ['a short digest', `${digest.slice(1)}:3`],
    ['a long digest', `${digest}A:3`],
    ['NTLM', '8846F7EAEE8FB117AD06BDD830B7586C:3'],
    ['another letter', `G${digest.slice(1)}:3`],
    ['no number', `${digest}:x`],
    ['no count behind the colon', `${digest}:`],
    ['a negative count', `${digest}:-3`],
    ['a count without end', `${digest}:${'9'.repeat(30)}`],
    ['a space', ` ${digest}:3`],
    ['a whole book', `${digest}:3${' and more'.repeat(1_000)}`],
    ['a password', 'correct horse battery staple'],
  ])('%s is counted and left out of a long list', async (_what, line) => {
    expect(await read(`${LIST}${line}\r\n`)).toMatchObject({
      lines: 1_001,
      taken: 1_000,
      malformed: 1,
      first: [1_001],
    })
  })

  it('among a few lines is too much, and is not shown', async () => {
    const failed = await read(`${listOf(names)}my secret\n`).catch(String)
    expect(failed).toMatch(/^AppError: 1 of 4 lines are no SHA-1 digest with a count \(the first: 4\)/)
    expect(failed).not.toMatch(/my secret/)
  })

  it('ends the reading of a list of another kind early', async () => {
    let pieces = 0
    async function* endless() {
      for (;;) {
        pieces += 1
        yield Buffer.from('8846F7EAEE8FB117AD06BDD830B7586C:3\n'.repeat(1_000))
      }
    }
    await expect(readLines(endless(), 1, () => undefined)).rejects.toThrow('NTLM digests are not taken')
    expect(pieces).toBe(10)
  })
})
