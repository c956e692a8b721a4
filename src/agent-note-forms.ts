import { type AgentNote, type Beat, isRecord, type ServerNote } from './agent-note.ts'
import type { Finding } from './directory.ts'

/** What a note may look like: exactly these fields and no other, bounded (AGT-22). Null for anything else. */

export function serverNote(value: unknown): ServerNote | null {
  if (!isRecord(value)) return null
  const { kind, text, key } = value
  if ((kind === 'welcome' || kind === 'roll') && has(value, 'kind')) return { kind }
  if (kind === 'announcement' && has(value, 'kind,text') && isText(text)) return { kind, text }
  if ((kind === 'pinned' || kind === 'settled') && has(value, 'key,kind') && isText(key)) return { kind, key }
  return null
}

export function agentNote(value: unknown): AgentNote | null {
  if (!isRecord(value)) return null
  const { kind, text, key } = value
  if (kind === 'leaving' && has(value, 'kind')) return { kind }
  if (kind === 'announcement' && has(value, 'kind,text') && isText(text)) return { kind, text }
  if (kind === 'pinned' && has(value, 'key,kind') && isText(key)) return { kind, key }
  if (kind !== 'heartbeat' || !has(value, 'can,findings,kind,paused,reachable,version,writable')) return null
  const beat = beatOf(value)
  return beat && { kind, ...beat }
}

const TEXT_MAX = 8_192
const VERSION_MAX = 40
const FINDINGS_MAX = 40
const FINDING_MAX = 500
const LEVELS = ['ok', 'warning', 'error', 'unknown'] as const

function beatOf(value: Readonly<Record<string, unknown>>): Beat | null {
  const { version, reachable, writable, paused, can, findings } = value
  const capabilities = canOf(can)
  if (!capabilities || !Array.isArray(findings) || findings.length > FINDINGS_MAX) return null
  if (typeof version !== 'string' || !/^[\w.+-]+$/.test(version) || version.length > VERSION_MAX) return null
  if (typeof reachable !== 'boolean' || typeof writable !== 'boolean' || typeof paused !== 'boolean')
    return null
  const found = findings.map(findingOf)
  if (!found.every(each => each !== null)) return null
  return { version, reachable, writable, paused, can: capabilities, findings: found }
}

function canOf(value: unknown): Beat['can'] | null {
  if (!isRecord(value) || !has(value, 'authenticate,change,historyOnReset,reset,unlock')) return null
  const { authenticate, change, historyOnReset, reset, unlock } = value
  return isFlag(authenticate) && isFlag(change) && isFlag(historyOnReset) && isFlag(reset) && isFlag(unlock)
    ? { authenticate, change, historyOnReset, reset, unlock }
    : null
}

function findingOf(value: unknown): Finding | null {
  if (!isRecord(value) || !has(value, 'level,text')) return null
  const level = LEVELS.find(each => each === value['level'])
  const { text } = value
  return level && typeof text === 'string' && text.length <= FINDING_MAX ? { level, text } : null
}

const has = (value: Readonly<Record<string, unknown>>, names: string): boolean =>
  Object.keys(value).sort().join() === names
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= TEXT_MAX
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
