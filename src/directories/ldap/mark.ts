import type { Connection } from './connection.ts'
import { type Entry, textOf } from './entry.ts'
import { isSameDn } from './protected.ts'

/**
 * What settles a lost answer (decisions 4.9): the server it was read on, when the password was last changed, which
 * change of the whole entry was the last, and whether another than we or the person made that one.
 */
export type Mark = {
  readonly server: string
  readonly changed: string
  readonly last: string
  readonly byAnother: boolean
  /** The server notes every change of a password; where it does not, only the whole entry can be compared. */
  readonly noted: boolean
}

/** Where a kind of server keeps what a mark is made of. */
export type MarkSource = { readonly changed: string; readonly last: string; readonly noted: boolean }

/** `bindDn`: how the directory names us as the author of a change. */
export function markOf(connection: Connection, entry: Entry, bindDn: string, source: MarkSource): string {
  const by = textOf(entry, 'modifiersName')
  const mark: Mark = {
    server: connection.host.url,
    changed: textOf(entry, source.changed) ?? '',
    last: textOf(entry, source.last) ?? '',
    byAnother: by !== null && !isSameDn(by, bindDn) && !isSameDn(by, entry.dn),
    noted: source.noted,
  }
  return JSON.stringify(mark)
}

/** Null: not one of ours. */
export function readMark(text: string): Mark | null {
  try {
    // as: checked in the next line, field by field.
    const mark = JSON.parse(text) as Partial<Mark> | null
    const { server, changed, last, byAnother, noted } = mark ?? {}
    if (typeof server !== 'string' || typeof changed !== 'string' || typeof last !== 'string') return null
    return { server, changed, last, byAnother: byAnother === true, noted: noted === true }
  } catch {
    return null
  }
}

/**
 * Did the password change between two marks? `unknown` where they cannot be compared, and where the very change was
 * made by another: then the answer that was lost may have been a no. A wrong password leaves a later change by the
 * server itself, which says nothing.
 */
export function settleMarks(before: string, after: string): 'changed' | 'unchanged' | 'unknown' {
  const then = readMark(before)
  const now = readMark(after)
  if (!then || !now || then.server !== now.server) return 'unknown'
  if (then.changed === now.changed) return now.noted || then.last === now.last ? 'unchanged' : 'unknown'
  return now.byAnother && secondOf(now.last) === secondOf(now.changed) ? 'unknown' : 'changed'
}

/** 20250102030405Z and 20250102030405.678901Z#... alike. */
const secondOf = (time: string): string => time.slice(0, 14)
