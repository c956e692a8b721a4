import type { Finding } from '../../directory.ts'
import { hintsOf } from './ad-account.ts'
import { tokenGroups } from './ad-groups.ts'
import { adPeople } from './ad-people.ts'
import { policyOf } from './ad-policy.ts'
import { sidText } from './binary-ids.ts'
import type { Connection } from './connection.ts'
import { daclOnly } from './controls.ts'
import { bytesOf, type Entry, textsOf } from './entry.ts'
import { and, equals, not, or } from './filter.ts'
import { peopleOf } from './lookup.ts'
import type { Checked, Context } from './profile.ts'
import { isSameDn } from './protected.ts'
import { mayResetPassword, readDacl } from './security-descriptor.ts'

/** What a reset needs beside the right to reset, and what it never needs (DIR-11). */
const WANTED = ['lockoutTime', 'pwdLastSet']
const TOO_MUCH = [
  'userAccountControl',
  'userPrincipalName',
  'servicePrincipalName',
  'mail',
  'displayName',
  'member',
]

/** Well-known SIDs that every authenticated account carries beside its own groups: Everyone, Authenticated Users. */
const EVERYBODY = ['S-1-1-0', 'S-1-5-11']

/** Rights are read and never tried (decisions 4.11), on the first person there is. */
export async function adFindings(connection: Connection, context: Context): Promise<Checked> {
  const own = await ownSids(connection, context)
  const sample = await samplePerson(connection, context)
  const reset = !sample || own.length === 0 ? null : resets(sample, own)
  const rights = sample ? rightsOn(sample, reset) : [unknown('no person was found to read the rights on')]
  const findings = [
    ...historyFinding(connection),
    ...rights,
    ...(await policyFindings(connection, sample, context)),
  ]
  return { writable: !connection.root.readOnly && reset !== false, findings }
}

const unknown = (text: string): Finding => ({ level: 'unknown', text })

/** Its own SID and those of its groups; none where the account cannot be found. */
async function ownSids(connection: Connection, context: Context): Promise<readonly string[]> {
  const { bindDn } = context.config
  const name = bindDn.slice(bindDn.indexOf('\\') + 1)
  const spellings = ['distinguishedName', 'userPrincipalName', 'sAMAccountName'].map(each =>
    equals(each, name),
  )
  const [own] = await connection.search(
    {
      base: connection.root.domainHead ?? context.config.base,
      scope: 'sub',
      filter: or(spellings),
      attributes: ['objectSid'],
      size: 1,
    },
    context.signal,
  )
  const sid = own ? sidText(bytesOf(own, 'objectSid')[0]) : null
  return own && sid !== null ? [sid, ...EVERYBODY, ...(await tokenGroups(connection, own, context))] : []
}

/** Nobody whom AdminSDHolder guards, since there the rights are others by intent. */
async function samplePerson(connection: Connection, context: Context): Promise<Entry | null> {
  const notUs = [not(equals('adminCount', '1')), not(equals('isCriticalSystemObject', 'TRUE'))]
  const found = await connection.search(
    {
      base: context.config.base,
      scope: 'sub',
      filter: and(peopleOf(adPeople, context.config), ...notUs),
      attributes: ['allowedAttributesEffective', 'nTSecurityDescriptor', 'msDS-ResultantPSO'],
      size: 2,
    },
    context.signal,
    daclOnly(),
  )
  return found.find(entry => !isSameDn(entry.dn, context.config.bindDn)) ?? null
}

/** Null: the descriptor may not be read. */
function resets(sample: Entry, sids: readonly string[]): boolean | null {
  const dacl = readDacl(bytesOf(sample, 'nTSecurityDescriptor')[0])
  return dacl && mayResetPassword(dacl, sids)
}

function rightsOn(sample: Entry, reset: boolean | null): readonly Finding[] {
  const writable = textsOf(sample, 'allowedAttributesEffective').map(name => name.toLowerCase())
  const may = (name: string): boolean => writable.includes(name.toLowerCase())
  const missing = WANTED.filter(name => !may(name))
  const tooMuch = TOO_MUCH.filter(may)
  return [
    resetFinding(reset),
    missing.length === 0
      ? {
          level: 'ok',
          text: 'the service account may unlock accounts and ask for a change at the next sign-in',
        }
      : {
          level: 'warning',
          text: `the service account may not write ${missing.join(', ')}: locked accounts stay locked`,
        },
    ...(tooMuch.length === 0
      ? []
      : [
          {
            level: 'warning' as const,
            text: `the service account may write more than it needs: ${tooMuch.join(', ')}`,
          },
        ]),
  ]
}

function resetFinding(reset: boolean | null): Finding {
  if (reset === null) return unknown('whether the service account may reset passwords could not be read')
  return reset
    ? { level: 'ok', text: 'the service account may reset passwords' }
    : { level: 'error', text: 'the service account may not reset passwords: nobody can get a new one' }
}

const historyFinding = (connection: Connection): readonly Finding[] =>
  hintsOf(connection.root) === null
    ? [
        {
          level: 'warning',
          text: 'this server has no policy hints: a reset may set a password from the history again',
        },
      ]
    : [{ level: 'ok', text: 'the history of passwords holds for resets too' }]

async function policyFindings(
  connection: Connection,
  sample: Entry | null,
  context: Context,
): Promise<readonly Finding[]> {
  const policy = sample ? await policyOf(connection, sample, context) : null
  if (!policy) return [unknown('the password policy may not be read: people are shown no rules')]
  if (policy.minAgeMs === 0) return []
  const hours = Math.ceil(policy.minAgeMs / 3_600_000)
  return [
    {
      level: 'warning',
      text: `minimum password age: who changed theirs must wait up to ${hours} hours to change it again`,
    },
  ]
}
