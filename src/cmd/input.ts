import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import type { Terminal } from './terminal.ts'

/** A file, or standard input for `-`, part by part. Throws `invalid-input` where it cannot be read. */
export async function openInput(file: string, terminal: Terminal): Promise<Readable> {
  if (file === '-') return terminal.input
  const stream = createReadStream(file)
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve())
    stream.once('error', cause => reject(new AppError('invalid-input', `${file} cannot be read.`, { cause })))
  })
  return stream
}
