import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { AppError } from '../../errors.ts'
import {
  BLOCK_BITS,
  BLOCK_BYTES,
  blockOf,
  blocksFor,
  closeBlock,
  fileBytes,
  HEADER_BYTES,
  PROBES,
  SECTIONS,
  seedOf,
  setBits,
  writeHeader,
} from './format.ts'
import { type LineCounts, readLines } from './lines.ts'
import { DIGEST_BYTES, Spill, writeAll } from './spill.ts'

export type Build = {
  readonly input: AsyncIterable<Uint8Array>
  readonly out: string
  readonly minCount: number
  progress?(counts: LineCounts): void
}

/** `falsePositives`: the share of strange passwords that the file takes for known ones, by the bits that are set. */
export type Built = LineCounts & { readonly bytes: number; readonly falsePositives: number }

/**
 * Makes the filter file `out` from a list, in memory that does not grow with it; beside `out` it takes 20 bytes a line
 * meanwhile. What was at `out` is replaced in one step, once the new file is whole. Throws `invalid-input` for a list that
 * is none.
 */
export async function buildFilter({ input, out, minCount, progress }: Build): Promise<Built> {
  const spillPath = `${out}.spill`
  rmSync(spillPath, { force: true })
  const spill = new Spill(spillPath)
  try {
    const counts = await readLines(input, minCount, digest => spill.add(digest), progress)
    if (counts.taken === 0) throw new AppError('invalid-input', 'The list holds nothing to take.')
    return { ...counts, ...writeFilter(out, spill, counts.taken) }
  } finally {
    spill.close()
  }
}

function writeFilter(out: string, spill: Spill, keys: number): Pick<Built, 'bytes' | 'falsePositives'> {
  const blocks = blocksFor(keys)
  const fresh = `${out}.new`
  rmSync(fresh, { force: true })
  const file = openSync(fresh, 'wx', 0o644)
  try {
    const header = writeHeader({ keys, blocks })
    writeAll(file, header, 0)
    const section = Buffer.alloc((blocks / SECTIONS) * BLOCK_BYTES)
    let falsePositives = 0
    for (let number = 0; number < SECTIONS; number += 1) {
      fillSection(section, spill, number, blocks)
      falsePositives += closeSection(section, (number * blocks) / SECTIONS, seedOf(header)) / blocks
      writeAll(file, section, HEADER_BYTES + number * section.length)
    }
    fsyncSync(file)
    renameSync(fresh, out)
    return { bytes: fileBytes(blocks), falsePositives }
  } finally {
    closeSync(file)
    rmSync(fresh, { force: true })
  }
}

function fillSection(section: Buffer, spill: Spill, number: number, blocks: number): void {
  section.fill(0)
  const first = (number * blocks) / SECTIONS
  for (const digests of spill.read(number)) {
    for (let at = 0; at < digests.length; at += DIGEST_BYTES)
      setBits(section, (blockOf(digests, at, blocks) - first) * BLOCK_BYTES, digests, at)
  }
}

/** The sum over blocks of the chance that all probes of a strange digest meet a set bit. */
function closeSection(section: Buffer, first: number, seed: number): number {
  let chances = 0
  for (let at = 0; at < section.length; at += BLOCK_BYTES) {
    const block = section.subarray(at, at + BLOCK_BYTES)
    chances += (bitsSet(block) / BLOCK_BITS) ** PROBES
    closeBlock(block, first + at / BLOCK_BYTES, seed)
  }
  return chances
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

/** Before the checksum is written: its place is still zero. */
function bitsSet(block: Buffer): number {
  let sum = 0
  for (const byte of block) sum += ONES[byte] ?? 0
  return sum
}
