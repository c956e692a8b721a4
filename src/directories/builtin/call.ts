import { DirectoryError, NotAskedError } from '../../directory.ts'
import { AppError } from '../../errors.ts'
import { QueueFullError } from '../../lib/hash-queue.ts'

/** One call of the port. `sent` is set where a write may happen from then on. */
export type Call = { readonly signal: AbortSignal; sent: boolean }

/** Ends with the signal, and throws nothing but DirectoryError. */
export async function called<T>(signal: AbortSignal, work: (call: Call) => Promise<T>): Promise<T> {
  const call: Call = { signal, sent: false }
  try {
    signal.throwIfAborted()
    return await orAborted(work(call), signal)
  } catch (error) {
    throw asDirectoryError(error, call)
  }
}

function asDirectoryError(error: unknown, { sent, signal }: Call): DirectoryError {
  if (error instanceof DirectoryError) return error
  // The store says by this code that nothing happened; a hash that is not made is no write either.
  if (error instanceof AppError && error.code === 'not-now')
    return new DirectoryError('no store', false, error)
  if (error instanceof QueueFullError) return new NotAskedError('too many passwords at once', error)
  if (signal.aborted) return new DirectoryError('given up', sent, error)
  return new DirectoryError('the store failed', sent, error)
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
