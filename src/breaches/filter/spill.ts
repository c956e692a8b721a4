import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { SECTIONS } from './format.ts'

export const DIGEST_BYTES = 20
/** Of each section so much is held in memory: 16 MB in all, however long the list. */
const EXTENT_BYTES = DIGEST_BYTES * 3_276

type Section = { readonly held: Buffer; length: number; readonly extents: number[] }

/** Digests by their first byte, in a file that is as long as the list and gone afterwards. */
export class Spill {
  readonly #path: string
  readonly #file: number
  readonly #sections: readonly Section[]
  #end = 0

  /** The file must not be there yet. */
  constructor(path: string) {
    this.#path = path
    this.#file = openSync(path, 'wx+', 0o600)
    this.#sections = Array.from({ length: SECTIONS }, () => ({
      held: Buffer.alloc(EXTENT_BYTES),
      length: 0,
      extents: [],
    }))
  }

  add(digest: Buffer): void {
    const section = this.#section(digest[0] ?? 0)
    if (section.length === EXTENT_BYTES) {
      writeAll(this.#file, section.held, this.#end)
      section.extents.push(this.#end)
      this.#end += EXTENT_BYTES
      section.length = 0
    }
    section.held.set(digest, section.length)
    section.length += DIGEST_BYTES
  }

  /** Digests behind one another; each piece is good until the next one is asked for. */
  *read(number: number): Generator<Buffer> {
    const { held, length, extents } = this.#section(number)
    yield held.subarray(0, length)
    for (const at of extents) {
      readSync(this.#file, held, 0, EXTENT_BYTES, at)
      yield held
    }
  }

  close(): void {
    closeSync(this.#file)
    rmSync(this.#path, { force: true })
  }

  #section(number: number): Section {
    const section = this.#sections[number]
    if (!section) throw new RangeError(`there is no section ${number}`)
    return section
  }
}

/** A write may take less than it was given. */
export function writeAll(file: number, bytes: Buffer, at: number): void {
  let done = 0
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, at + done)
}
