import { BerWriter } from 'ldapts'
import type { Answer, Connection } from './connection.ts'
import { passwordPolicy } from './controls.ts'

const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1'

/**
 * The Password Modify operation (RFC 3062), the password as typed: the server judges and hashes it. The
 * password-policy control brings the reason of a no.
 */
export const passwordModify = (
  connection: Connection,
  request: { readonly dn: string; readonly old?: string; readonly password: string },
  signal: AbortSignal,
): Promise<Answer> => connection.exop(PASSWORD_MODIFY, requestValue(request), [passwordPolicy()], signal)

/** SEQUENCE { userIdentity [0], oldPasswd [1] OPTIONAL, newPasswd [2] }. */
function requestValue(request: {
  readonly dn: string
  readonly old?: string
  readonly password: string
}): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeString(request.dn, 0x80)
  if (request.old !== undefined) writer.writeString(request.old, 0x81)
  writer.writeString(request.password, 0x82)
  writer.endSequence()
  return writer.buffer
}
