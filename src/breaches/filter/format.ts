import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { BreachError } from '../../breach.ts'

/**
 * The file of a blocked Bloom filter (Putze, Sanders, Singler 2007) over SHA-1 digests. A digest names one block by its
 * first 4 bytes and `PROBES` bits in it by its other 16, so that a look-up is one read. Digests are even by nature: no
 * hashing of our own. 512 bytes make blocks so alike in their number of keys that little is lost against one large
 * filter: 16 bits a key give some 0.06 % false positives.
 *
 * Header (512 bytes, big-endian): magic, version, block bytes, probes, blocks, keys, padding, SHA-256 of all that.
 * Block: 508 bytes of bits, CRC-32 of them, begun with the header's checksum and the block's number: a block that
 * was damaged, moved or left over from another list is found out when it is read.
 */
const MAGIC = 'postern breaches'
const VERSION = 1
export const HEADER_BYTES = 512
const HEADER_SUM_AT = HEADER_BYTES - 32
export const BLOCK_BYTES = 512
const SUM_AT = BLOCK_BYTES - 4
export const BLOCK_BITS = SUM_AT * 8
export const PROBES = 8
/** 16 bits a key; rounded up so that each of the 256 first bytes of a digest owns whole blocks. */
const KEYS_PER_BLOCK = 256
export const SECTIONS = 256

export type FilterHeader = { readonly keys: number; readonly blocks: number }

export const blocksFor = (keys: number): number =>
  SECTIONS * Math.max(1, Math.ceil(keys / (KEYS_PER_BLOCK * SECTIONS)))

export const fileBytes = (blocks: number): number => HEADER_BYTES + blocks * BLOCK_BYTES

export function writeHeader({ keys, blocks }: FilterHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  for (const [index, value] of [VERSION, BLOCK_BYTES, PROBES, blocks].entries())
    header.writeUInt32BE(value, MAGIC.length + 4 * index)
  header.writeBigUInt64BE(BigInt(keys), MAGIC.length + 16)
  sumOf(header).copy(header, HEADER_SUM_AT)
  return header
}

const sumOf = (header: Buffer): Buffer =>
  createHash('sha256').update(header.subarray(0, HEADER_SUM_AT)).digest()

/** Throws BreachError where this is not the header of a whole file of `size` bytes that we can read. */
export function readHeader(header: Buffer, size: number): FilterHeader {
  if (header.subarray(0, MAGIC.length).toString('latin1') !== MAGIC)
    throw new BreachError('it was not made by "postern breach build"')
  if (header.length < HEADER_BYTES) throw new BreachError('it is cut off')
  if (!sumOf(header).equals(header.subarray(HEADER_SUM_AT))) throw new BreachError('its header was altered')
  const [version, blockBytes, probes, blocks] = [0, 1, 2, 3].map(at =>
    header.readUInt32BE(MAGIC.length + 4 * at),
  )
  if (version !== VERSION || blockBytes !== BLOCK_BYTES || probes !== PROBES || !blocks)
    throw new BreachError('another version of Postern made it: build it again')
  const whole = fileBytes(blocks)
  if (size !== whole)
    throw new BreachError(`it has ${size} bytes in place of ${whole}: it is cut off or altered`)
  return { blocks, keys: Number(header.readBigUInt64BE(MAGIC.length + 16)) }
}

/** What the checksums of blocks begin with, so that a block belongs to one list alone. */
export const seedOf = (header: Buffer): number => header.readUInt32BE(HEADER_SUM_AT)

const crcOf = (block: Buffer, number: number, seed: number): number =>
  crc32(block.subarray(0, SUM_AT), (seed ^ number) >>> 0)

export const closeBlock = (block: Buffer, number: number, seed: number): void =>
  void block.writeUInt32BE(crcOf(block, number, seed), SUM_AT)

export const isWhole = (block: Buffer, number: number, seed: number): boolean =>
  block.readUInt32BE(SUM_AT) === crcOf(block, number, seed)

/** Blocks keep the order of digests, so that what lies together in a sorted list lies together in the file. */
export const blockOf = (digest: Buffer, at: number, blocks: number): number =>
  Math.floor((digest.readUInt32BE(at) * blocks) / 2 ** 32)

/** The bit of one probe: 16 bits of the digest, spread over the block. */
const bitOf = (digest: Buffer, at: number, probe: number): number => {
  const place = at + 4 + 2 * probe
  return ((((digest[place] ?? 0) << 8) | (digest[place + 1] ?? 0)) * BLOCK_BITS) >>> 16
}

/** `from`: where the block begins in `bits`; `at`: where the digest begins in `digest`. */
export function setBits(bits: Buffer, from: number, digest: Buffer, at: number): void {
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = bitOf(digest, at, probe)
    bits[from + (bit >>> 3)] = (bits[from + (bit >>> 3)] ?? 0) | (1 << (bit & 7))
  }
}

export function hasBits(block: Buffer, digest: Buffer): boolean {
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = bitOf(digest, 0, probe)
    if (((block[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
  }
  return true
}
