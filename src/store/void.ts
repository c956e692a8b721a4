import type { Instant } from '../lib/clock.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'

export type Voided = { readonly resets: number; readonly codes: number; readonly letters: number }

/**
 * What was open when a backup was made must not work again after it was restored (DRR-02): resets, sign-ins, passes,
 * codes and invitations of agents go, links of notices count as used, and other letters, which were probably sent
 * since, become dead letters that administrators see (INV-10). Counters of failures, used-up things and holds stay: they only ever refuse.
 */
export async function voidRestored(db: Connection, now: Instant): Promise<Voided> {
  const resets = await db.changed(deleteResets, {})
  await db.changed(deleteSessions, {})
  await db.changed(deleteInvitations, {})
  await db.changed(deletePasses, {})
  const codes = await db.changed(deleteCodes, {})
  const letters = await db.changed(buryLetters, { now })
  await db.changed(useNotices, { now })
  await db.changed(pauseCampaigns, {})
  await db.changed(endLeases, {})
  return { resets, codes, letters }
}

const deleteResets = statement(db => db.deleteFrom('resets'))
const deleteSessions = statement(db => db.deleteFrom('sessions'))
const deleteInvitations = statement(db => db.deleteFrom('agent_invitations'))
const deletePasses = statement(db => db.deleteFrom('passes'))
const deleteCodes = statement(db =>
  db.deleteFrom('outbox').where(eb => eb.or([eb('kind', '=', 'code'), eb('kind', '=', 'address_code')])),
)
const buryLetters = statement((db, p: { now: number }) =>
  db.updateTable('outbox').set({ dead_at: p.now, letter: null }).where('dead_at', 'is', null),
)
const useNotices = statement((db, p: { now: number }) =>
  db.updateTable('notices').set({ used_at: p.now }).where('used_at', 'is', null),
)
/** Whom it mailed since the backup may not be known: somebody looks before it goes on. */
const pauseCampaigns = statement(db =>
  db.updateTable('campaigns').set({ state: 'paused' }).where('state', '=', 'running'),
)
const endLeases = statement(db => db.deleteFrom('leases'))
