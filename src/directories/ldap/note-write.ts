import type { Answer, Connection } from './connection.ts'
import type { Context } from './profile.ts'

/**
 * A line for operators about one attempt to write: numbers alone, since what a directory says in words may name the
 * person. `win32`: the number in front of a text of Active Directory; -1: none.
 */
export function noteWrite(answer: Answer, connection: Connection, key: string, context: Context): void {
  const win32 = answer.text.match(/^([0-9a-f]{8}):/i)?.[1]
  context.log('directory_answered_write', {
    server: connection.host.url,
    key,
    code: answer.code,
    policyError: answer.policyError ?? -1,
    win32: win32 === undefined ? -1 : Number.parseInt(win32, 16),
  })
}
