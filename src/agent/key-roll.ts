import { announceKeys, readAnnouncement } from '../agent-keys.ts'
import { CLOCK_SKEW_MS, JOB_LIFE_MS, ownPair } from '../agent-message.ts'
import type { AgentNote, ServerNote } from '../agent-note.ts'
import { days, type Instant } from '../lib/clock.ts'
import { keyIdOf, newSecretHalves, ownKeys } from '../lib/key-pair.ts'
import type { Identity, IdentityFile } from './identity.ts'

/** AGT-13: 180 days at most; there is room for an agent that was switched off for a month. */
export const KEYS_ROLL_MS = days(150)

export const isOld = ({ since, fresh }: Identity, now: Instant): boolean =>
  fresh === null && now - since > KEYS_ROLL_MS

/** Makes a new pair, or takes the one whose announcement was never answered; on the disk before anybody hears of it. */
export function announcement(file: IdentityFile, now: Instant): string {
  const identity = file.get()
  const fresh = identity.fresh ?? newSecretHalves()
  if (!identity.fresh) file.save({ ...identity, fresh, since: now })
  return announceKeys('agent', file.ends(), ownPair(fresh))
}

/** What is said in return, if anything. `bad`: the announcement was not signed by a pinned pair. */
export function takeNote(
  file: IdentityFile,
  note: Extract<ServerNote, { kind: 'announcement' | 'pinned' | 'settled' }>,
): AgentNote | 'bad' | null {
  const identity = file.get()
  if (note.kind === 'pinned') {
    const { fresh } = identity
    if (fresh && keyIdOf(ownKeys(fresh).public) === note.key) takeOver(file)
    return null
  }
  if (note.kind === 'settled') {
    const server = identity.server.filter(({ id }) => id === note.key)
    if (server.length === 1 && identity.server.length > 1) file.save({ ...identity, server })
    return null
  }
  const announced = readAnnouncement('server', file.ends(), note.text)
  if (!announced.ok) return 'bad'
  const { id } = announced.value
  // A known pair keeps its place: an announcement that comes again makes no older one the newest.
  const isNew = identity.server.every(known => known.id !== id)
  if (isNew) file.save({ ...identity, server: [...identity.server, announced.value] })
  return { kind: 'pinned', key: id }
}

/** The server seals to the new pair from now on; calls that were sealed to the old one are still opened for a while. */
function takeOver(file: IdentityFile): void {
  const identity = file.get()
  const { fresh, own } = identity
  if (!fresh) return
  file.save({ ...identity, fresh: null, own: [...own.slice(-1), fresh] })
  setTimeout(() => {
    const now = file.get()
    if (now.own.length > 1 && now.own.at(-1)?.sign === fresh.sign) file.save({ ...now, own: [fresh] })
  }, JOB_LIFE_MS + CLOCK_SKEW_MS).unref()
}
