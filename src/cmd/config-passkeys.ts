import { isIP } from 'node:net'
import type { ConfigFiles } from './config-files.ts'
import type { RawDeployment } from './config-schema.ts'
import type { Deployment } from './config-types.ts'

/**
 * The domain that passkeys are registered for (WebAuthn 4, RP ID): the host of `public_url`, or a domain that this lies in.
 * Whether such a domain is registrable is known to browsers; a name without a dot never is.
 */
export function readPasskeys(
  { passkeys }: RawDeployment,
  publicUrl: string,
  files: ConfigFiles,
): Deployment['passkeys'] {
  const host = publicUrl === '' ? '' : new URL(publicUrl).hostname
  const rpId = (passkeys?.rp_id ?? host).toLowerCase()
  if (host === '') return { rpId }
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0)
    files.warnings.push('public_url is an address without a name: browsers take no passkeys there.')
  if (rpId !== host && !(host.endsWith(`.${rpId}`) && rpId.includes('.')))
    files.mistakes.push(
      `passkeys.rp_id is ${rpId}: it must be ${host}, the host of public_url, or a domain that it lies in.`,
    )
  return { rpId }
}
