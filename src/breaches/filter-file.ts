import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { type Breach, BreachError } from '../breach.ts'
import { sha1 } from './digest.ts'
import {
  BLOCK_BYTES,
  blockOf,
  type FilterHeader,
  HEADER_BYTES,
  hasBits,
  isWhole,
  readHeader,
  SECTIONS,
  seedOf,
} from './filter/format.ts'

/** So much of each of the 256 sections is looked at when a file is opened: 32 MB, or all of a smaller file. */
const CHECKED_BYTES = 131_072

export type FilterFile = Breach & { readonly keys: number }

/**
 * A filter file that `postern breach build` made: no false negatives, under 0.1 % false positives, one read of 512
 * bytes for each look-up. Opened once, and again when another file was put in its place; while a new one cannot be used,
 * `seen` throws, and a file that is gone is served on. Reads block: the file belongs on a disk of this machine.
 * Throws BreachError where it cannot be used.
 */
export function openFilterFile(path: string): FilterFile {
  let open = openAt(path)
  let refused: { readonly identity: string; readonly error: unknown } | null = null
  const block = Buffer.alloc(BLOCK_BYTES)
  const current = (): OpenFilter => {
    const identity = identityAt(path)
    if (identity === null || identity === open.identity) return open
    if (refused?.identity === identity) throw refused.error
    try {
      const fresh = openAt(path)
      closeSync(open.file)
      open = fresh
      return open
    } catch (error) {
      refused = { identity, error }
      throw error
    }
  }
  return {
    kind: 'filter_file',
    get keys() {
      return open.header.keys
    },
    async seen(password, signal) {
      if (signal.aborted) throw new BreachError('it was not asked in time')
      const { file, header, seed } = current()
      const digest = sha1(password)
      const number = blockOf(digest, 0, header.blocks)
      const got = readSync(file, block, 0, BLOCK_BYTES, HEADER_BYTES + number * BLOCK_BYTES)
      if (got < BLOCK_BYTES || !isWhole(block, number, seed))
        throw new BreachError('a block of it is damaged')
      return hasBits(block, digest)
    },
    close: async () => closeSync(open.file),
  }
}

/** Why no filter file can be used from `path`, as the end of a sentence, or null. */
export function filterMistake(path: string): string | null {
  try {
    closeSync(openAt(path).file)
    return null
  } catch (error) {
    if (error instanceof BreachError) return error.message
    return `it cannot be read (${error instanceof Error && 'code' in error ? error.code : 'unknown'})`
  }
}

type OpenFilter = {
  readonly file: number
  readonly header: FilterHeader
  readonly seed: number
  readonly identity: string
}

function openAt(path: string): OpenFilter {
  if (!statSync(path).isFile()) throw new BreachError('it is no file')
  const file = openSync(path, 'r')
  try {
    const about = fstatSync(file)
    const start = Buffer.alloc(HEADER_BYTES)
    const head = start.subarray(0, readSync(file, start, 0, HEADER_BYTES, 0))
    const header = readHeader(head, about.size)
    const opened = { file, header, seed: seedOf(head), identity: identityOf(about) }
    checkBlocks(opened)
    return opened
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function checkBlocks({ file, header: { blocks }, seed }: OpenFilter): void {
  const each = blocks / SECTIONS
  const part = Buffer.alloc(Math.min(CHECKED_BYTES, each * BLOCK_BYTES))
  for (let first = 0; first < blocks; first += each) {
    readSync(file, part, 0, part.length, HEADER_BYTES + first * BLOCK_BYTES)
    for (let at = 0; at < part.length; at += BLOCK_BYTES) {
      const block = part.subarray(at, at + BLOCK_BYTES)
      if (!isWhole(block, first + at / BLOCK_BYTES, seed))
        throw new BreachError('it was altered or is damaged')
    }
  }
}

/** Another file under the same name, or the same one written over. */
const identityOf = ({ dev, ino, mtimeMs, size }: Stats): string => `${dev}:${ino}:${mtimeMs}:${size}`

function identityAt(path: string): string | null {
  const about = statSync(path, { throwIfNoEntry: false })
  return about ? identityOf(about) : null
}
