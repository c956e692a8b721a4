import { type Entry, textOf, textsOf } from './entry.ts'

/** What a server says of itself (RFC 4512 section 5.1, MS-ADTS 3.1.1.3.2). */
export type RootDse = {
  readonly controls: readonly string[]
  readonly extensions: readonly string[]
  /** The head of the domain; null outside Active Directory. */
  readonly domainHead: string | null
  /** DN of this controller's own settings, as `fSMORoleOwner` names a role's owner. */
  readonly serviceName: string | null
  /** A controller that holds part of the secrets takes no writes (MS-ADTS 3.1.1.3.4.3.4). */
  readonly readOnly: boolean
}

export const ROOT_ATTRIBUTES = [
  'supportedControl',
  'supportedExtension',
  'supportedCapabilities',
  'defaultNamingContext',
  'dsServiceName',
] as const

const PARTIAL_SECRETS = '1.2.840.113556.1.4.1920'

const NOTHING: Entry = { dn: '', values: new Map() }

export function readRoot(found: Entry | null): RootDse {
  const entry = found ?? NOTHING
  return {
    controls: textsOf(entry, 'supportedControl'),
    extensions: textsOf(entry, 'supportedExtension'),
    domainHead: textOf(entry, 'defaultNamingContext'),
    serviceName: textOf(entry, 'dsServiceName'),
    readOnly: textsOf(entry, 'supportedCapabilities').includes(PARTIAL_SECRETS),
  }
}
