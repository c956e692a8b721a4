import { notNow } from './connection.ts'

const BUSY = 5

/** BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (sqlite.org/rescode.html). */
const UNAVAILABLE = [BUSY, 6, 7, 8, 10, 11, 13, 14, 15, 26]

const codeOf = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null

export const isBusy = (error: unknown): boolean => codeOf(error) === BUSY

/** What only an operator can mend becomes `not-now`; a mistake of ours stays what it is. */
export const asOurs = (error: unknown): unknown =>
  UNAVAILABLE.includes(codeOf(error) ?? 0) ? notNow(error) : error
