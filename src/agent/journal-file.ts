import { closeSync, fstatSync, fsyncSync, openSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

export type OpenFile = (path: string, flags: string, mode: number) => Promise<FileHandle>

/** The journal cannot be written (`full`), is another's too (`locked`), or cannot be read (`damaged`). */
export class JournalError extends Error {
  readonly reason: 'full' | 'locked' | 'damaged'
  constructor(reason: 'full' | 'locked' | 'damaged', message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'JournalError'
    this.reason = reason
  }
}

type Waiting = {
  readonly text: string
  readonly sync: boolean
  readonly settle: (error: JournalError | null) => void
}

/**
 * A file that only grows by whole lines: what could not be written whole is cut off again. Lines that come while one
 * is on its way to the disk go there together.
 */
export class JournalFile {
  readonly path: string
  private readonly openFile: OpenFile
  private handle: FileHandle
  private size: number
  private waiting: Waiting[] = []
  private writing: Promise<void> | null = null
  /** After a failed sync nobody knows what is on the disk: then the whole file is written anew. */
  private isDoubtful = false

  private constructor(path: string, openFile: OpenFile, handle: FileHandle, size: number) {
    this.path = path
    this.openFile = openFile
    this.handle = handle
    this.size = size
  }

  /** `size`: as far as it is good; what lies behind is cut off. */
  static async open(path: string, size: number, openFile: OpenFile = open): Promise<JournalFile> {
    const handle = await openFile(path, 'a+', 0o600)
    await handle.truncate(size)
    await handle.sync()
    return new JournalFile(path, openFile, handle, size)
  }

  get bytes(): number {
    return this.size
  }

  get needsRewrite(): boolean {
    return this.isDoubtful
  }

  /**
   * With `sync` it is on the disk when it resolves. `apply` is called in the moment in which the file has it, before
   * anything else is written. Throws JournalError: then nothing of it is in the file.
   */
  append(text: string, sync: boolean, apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: JournalError | null): void => {
        if (error) {
          reject(error)
          return
        }
        apply()
        resolve()
      }
      this.waiting.push({ text, sync, settle })
      this.writing ??= this.drain()
    })
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting
      this.waiting = []
      const error = await this.write(batch)
      for (const { settle } of batch) settle(error)
    }
    this.writing = null
  }

  private async write(batch: readonly Waiting[]): Promise<JournalError | null> {
    if (this.isDoubtful)
      return new JournalError('full', 'the disk failed and the journal was not written anew')
    const bytes = Buffer.from(batch.map(({ text }) => text).join(''))
    try {
      // Asked in place: the system knows it at once, and a thread takes ten times as long to say so.
      const { size } = fstatSync(this.handle.fd)
      if (size !== this.size) return new JournalError('locked', 'somebody else wrote in the journal')
      await writeAll(this.handle, bytes)
    } catch (cause) {
      await this.cutOff()
      return new JournalError('full', 'the journal cannot be written', cause)
    }
    try {
      if (batch.some(({ sync }) => sync)) await this.handle.datasync()
      this.size += bytes.length
      return null
    } catch (cause) {
      this.isDoubtful = true
      await this.cutOff()
      return new JournalError('full', 'the journal cannot be brought to the disk', cause)
    }
  }

  private async cutOff(): Promise<void> {
    try {
      await this.handle.truncate(this.size)
    } catch {
      this.isDoubtful = true
    }
  }

  /**
   * Writes the file anew and puts it in the place of the old one, in one step. `snapshot` is asked when nothing is on its
   * way, and what comes meanwhile waits. Throws JournalError: all is as before.
   */
  async rewrite(snapshot: () => readonly string[]): Promise<void> {
    while (this.writing) await this.writing
    let release = (): void => undefined
    this.writing = new Promise(resolve => {
      release = resolve
    })
    try {
      await this.replace(snapshot())
    } catch (cause) {
      throw new JournalError('full', 'the journal cannot be written anew', cause)
    } finally {
      release()
      this.writing = this.waiting.length > 0 ? this.drain() : null
    }
  }

  private async replace(texts: readonly string[]): Promise<void> {
    const draft = `${this.path}.draft`
    await rm(draft, { force: true })
    const fresh = await this.openFile(draft, 'a+', 0o600)
    let size = 0
    try {
      for (const bytes of chunksOf(texts)) {
        await writeAll(fresh, bytes)
        size += bytes.length
      }
      await fresh.sync()
      await rename(draft, this.path)
    } catch (error) {
      await fresh.close()
      await rm(draft, { force: true })
      throw error
    }
    flushFolder(dirname(this.path))
    const old = this.handle
    this.handle = fresh
    this.size = size
    this.isDoubtful = false
    await old.close()
  }

  async close(): Promise<void> {
    while (this.writing) await this.writing
    await this.handle.close()
  }
}

const CHUNK_CHARACTERS = 64 * 1024

function* chunksOf(texts: readonly string[]): Generator<Buffer> {
  let chunk = ''
  for (const text of texts) {
    chunk += text
    if (chunk.length < CHUNK_CHARACTERS) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  if (chunk) yield Buffer.from(chunk)
}

/** One call may write less than it was given, as where the disk is just full. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten
}

/** A new name lasts once its folder is on the disk. Windows knows no such thing. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
