import { minutes, stopwatch } from '../../lib/clock.ts'
import type { Connection, Pager } from './connection.ts'
import type { Entry } from './entry.ts'

/** Lists that are walked at the same time; the one that rested longest has to begin again. */
const CURSORS_MAX = 4

/** A list that nobody went on with has to begin again. */
const REST_MS_MAX = minutes(1)

/** Where a list was left: the page numbered `page` is read already and comes next. */
export type Cursor = {
  readonly connection: Connection
  readonly pager: Pager
  readonly page: number
  readonly ready: readonly Entry[]
}

/**
 * A server goes on with a list only on the connection where it began (RFC 2696). So the connection is kept, or else
 * whoever lists everybody would read the first pages again for each later one.
 */
export class Cursors {
  readonly #kept = new Map<number, { readonly cursor: Cursor; readonly restMs: () => number }>()
  #serial = 0

  /** The number by which to `take` it again. */
  keep(cursor: Cursor): number {
    this.#kept.set(++this.#serial, { cursor, restMs: stopwatch() })
    const oldest = this.#kept.size > CURSORS_MAX ? this.#kept.keys().next().value : undefined
    if (oldest !== undefined) this.take(oldest, -1)
    return this.#serial
  }

  /** Nobody else can take it meanwhile. Null: it is gone, or stands elsewhere. */
  take(serial: number, page: number): Cursor | null {
    const kept = this.#kept.get(serial)
    if (!kept) return null
    this.#kept.delete(serial)
    const { cursor, restMs } = kept
    if (cursor.page === page && cursor.connection.usable && restMs() < REST_MS_MAX) return cursor
    cursor.connection.close()
    return null
  }

  close(): void {
    for (const serial of [...this.#kept.keys()]) this.take(serial, -1)
  }
}
