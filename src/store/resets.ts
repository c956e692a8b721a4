import { sql } from 'kysely'
import type { Clock, Instant } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import { isFinal, isWriting, type Reset } from '../reset.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import { PRUNE_MAX, type Resets } from './store.ts'

export function resets(db: Connection, keys: Keys, clock: Clock): Resets {
  const seal = (reset: Reset): string => keys.seal(JSON.stringify(reset), boundTo(reset.id))
  return {
    async insert(reset, tokenDigest) {
      await db.changed(insertReset, {
        ...{ id: reset.id, token_digest: tokenDigest, subject: reset.subject },
        ...{ source: sourceOf(keys, reset.source), passed: reset.passed.length },
        ...{ started_at: reset.startedAt, expires_at: reset.expiresAt },
        ...{ ended_at: isFinal(reset) ? clock.now() : null, look_at: firstLook(reset) },
        reset: seal(reset),
      })
    },
    async lock(id) {
      const row = await db.row(db.writes ? lockReset : findReset, { id })
      if (!row) return null
      // as: what was sealed here was a Reset, and the seal vouches for it.
      return { reset: JSON.parse(keys.open(row.reset, boundTo(id))) as Reset, tokenDigest: row.token_digest }
    },
    async save(reset) {
      const row = {
        id: reset.id,
        passed: reset.passed.length,
        expires_at: reset.expiresAt,
        reset: seal(reset),
      }
      const look = firstLook(reset)
      const changed =
        look !== null
          ? await db.changed(saveWriting, { ...row, look_at: look })
          : isFinal(reset)
            ? await db.changed(saveFinal, { ...row, ended_at: clock.now() })
            : await db.changed(saveOpen, row)
      if (changed !== 1) throw new Error('a reset was saved that is not there')
    },
    async live(subject, source) {
      const rows =
        source === undefined
          ? await db.rows(liveOf, { subject })
          : await db.rows(liveFrom, { subject, source: sourceOf(keys, source) })
      return rows.map(({ id }) => id)
    },
    unsettled: async (now, limit) => (await db.rows(dueForLook, { now, limit })).map(({ id }) => id),
    async lookAgain(id, at) {
      await db.changed(setLook, { id, look_at: at })
    },
    async prune(now, keepMs, keptMax) {
      const before = now - keepMs
      const ended = await db.changed(deleteEnded, { before, limit: PRUNE_MAX })
      const expired = await db.changed(deleteExpired, {
        ...{ before, started: before, limit: PRUNE_MAX - ended },
      })
      const room = PRUNE_MAX - ended - expired
      const surplus = Number((await db.row(countOpen, {}))?.open ?? 0) - keptMax
      const open = await db.changed(deleteOldest, { limit: upTo(room, surplus) })
      // Whoever starts and cancels again and again fills the table with ended ones.
      const more = Number((await db.row(countEnded, {}))?.ended ?? 0) - keptMax
      const limit = upTo(room - open, more)
      return ended + expired + open + (await db.changed(deleteEnded, { before: now + 1, limit }))
    },
  }
}

const upTo = (room: number, surplus: number): number => Math.max(0, Math.min(room, surplus))

const boundTo = (id: string): string => `resets/${id}/reset`

/** An address of the network names a person, so it stands here as a pseudonym. */
const sourceOf = (keys: Keys, source: string): string => keys.pseudonym('source', source)

const firstLook = (reset: Reset): Instant | null =>
  isWriting(reset) && 'since' in reset.phase ? reset.phase.since : null

type Row = {
  id: string
  token_digest: string
  subject: string
  source: string
  passed: number
  started_at: number
  expires_at: number
  ended_at: number | null
  look_at: number | null
  reset: string
}
const insertReset = statement((db, p: Row) =>
  db.insertInto('resets').values({
    ...{ id: p.id, token_digest: p.token_digest, subject: p.subject, source: p.source, passed: p.passed },
    ...{ started_at: p.started_at, expires_at: p.expires_at, ended_at: p.ended_at, look_at: p.look_at },
    reset: p.reset,
  }),
)

const findReset = statement((db, p: { id: string }) =>
  db.selectFrom('resets').select(['reset', 'token_digest']).where('id', '=', p.id),
)
const lockReset = statement((db, p: { id: string }, engine) => {
  const query = db.selectFrom('resets').select(['reset', 'token_digest']).where('id', '=', p.id)
  return engine === 'postgres' ? query.forUpdate() : query
})

type Saved = { id: string; passed: number; expires_at: number; reset: string }
const saveOpen = statement((db, p: Saved) =>
  db
    .updateTable('resets')
    .set({ passed: p.passed, expires_at: p.expires_at, reset: p.reset, look_at: null })
    .where('id', '=', p.id),
)
const saveWriting = statement((db, p: Saved & { look_at: number }) =>
  db
    .updateTable('resets')
    .set(eb => ({
      ...{ passed: p.passed, expires_at: p.expires_at, reset: p.reset },
      look_at: eb.fn.coalesce('look_at', sql<number>`cast(${p.look_at} as bigint)`),
    }))
    .where('id', '=', p.id),
)
const saveFinal = statement((db, p: Saved & { ended_at: number }) =>
  db
    .updateTable('resets')
    .set(eb => ({
      ...{ passed: p.passed, expires_at: p.expires_at, reset: p.reset, look_at: null },
      ended_at: eb.fn.coalesce('ended_at', sql<number>`cast(${p.ended_at} as bigint)`),
    }))
    .where('id', '=', p.id),
)

const liveOf = statement((db, p: { subject: string }) =>
  db
    .selectFrom('resets')
    .select('id')
    .where('subject', '=', p.subject)
    .where('ended_at', 'is', null)
    .orderBy('started_at')
    .orderBy('id'),
)
const liveFrom = statement((db, p: { subject: string; source: string }) =>
  db
    .selectFrom('resets')
    .select('id')
    .where('subject', '=', p.subject)
    .where('source', '=', p.source)
    .where('ended_at', 'is', null)
    .orderBy('started_at')
    .orderBy('id'),
)

const dueForLook = statement((db, p: { now: number; limit: number }) =>
  db.selectFrom('resets').select('id').where('look_at', '<=', p.now).orderBy('look_at').limit(p.limit),
)
const setLook = statement((db, p: { id: string; look_at: number }) =>
  db
    .updateTable('resets')
    .set({ look_at: p.look_at })
    .where('id', '=', p.id)
    .where('look_at', 'is not', null),
)

const deleteEnded = statement((db, p: { before: number; limit: number }) =>
  db
    .deleteFrom('resets')
    .where('id', 'in', eb =>
      eb
        .selectFrom('resets')
        .select('id')
        .where('ended_at', '<', p.before)
        .orderBy('ended_at')
        .limit(p.limit),
    ),
)
/** `started` only narrows the scan: nothing expires before it starts. */
const deleteExpired = statement((db, p: { before: number; started: number; limit: number }) =>
  db
    .deleteFrom('resets')
    .where('id', 'in', eb =>
      eb
        .selectFrom('resets')
        .select('id')
        .where('ended_at', 'is', null)
        .where('look_at', 'is', null)
        .where('started_at', '<', p.started)
        .where('expires_at', '<', p.before)
        .orderBy('started_at')
        .limit(p.limit),
    ),
)
const countOpen = statement(db =>
  db
    .selectFrom('resets')
    .select(eb => eb.fn.countAll<number>().as('open'))
    .where('ended_at', 'is', null),
)
const countEnded = statement(db =>
  db
    .selectFrom('resets')
    .select(eb => eb.fn.countAll<number>().as('ended'))
    .where('ended_at', 'is not', null),
)
const deleteOldest = statement((db, p: { limit: number }) =>
  db
    .deleteFrom('resets')
    .where('id', 'in', eb =>
      eb
        .selectFrom('resets')
        .select('id')
        .where('ended_at', 'is', null)
        .where('look_at', 'is', null)
        .where('passed', '=', 0)
        .orderBy('started_at')
        .limit(p.limit),
    ),
)
