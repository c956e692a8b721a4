import type { Finding } from '../../directory.ts'
import type { Connection } from './connection.ts'
import { NO_OP, noOp, PASSWORD_POLICY, passwordPolicy } from './controls.ts'
import type { Entry } from './entry.ts'
import { equals, or } from './filter.ts'
import { type Policy, policyOf } from './ppolicy-account.ts'
import type { Checked, Context } from './profile.ts'
import { isSameDn } from './protected.ts'
import { LDAP } from './refusal-ppolicy.ts'

/** The change would have been made (draft-zeilenga-ldap-noop; OpenLDAP's LDAP_X_NO_OPERATION). */
const NO_OPERATION = 0x410e

/** Long and mixed enough for any quality check; it is judged and never set. */
const STRONG = 'Never-Set-4711-äQ7-Never-Set'

const WANTED = { userPassword: STRONG, pwdReset: 'TRUE', pwdAccountLockedTime: '20200101000000Z' }
const TOO_MUCH = { mail: 'nobody@example.test', description: 'never set' }

/** Rights are asked for with the No-Op control, which is critical: no server writes anything (decisions 4.11). */
export async function openldapFindings(connection: Connection, context: Context): Promise<Checked> {
  const sample = await samplePerson(connection, context)
  if (!sample) return { writable: true, findings: [unknown('no person was found to read the rights on')] }
  const may = (attribute: string, value: string): Promise<boolean | null> =>
    wouldWrite(connection, sample, attribute, value, context)
  const rights = await judgeEach(WANTED, may)
  const more = await judgeEach(TOO_MUCH, may)
  const policy = await policyOf(connection, sample, context)
  const bypasses = bindsUs(policy) ? await may('userPassword', 'x') : null
  return {
    writable: rights.get('userPassword') !== false && policy?.safeModify !== true,
    findings: [...rightFindings(rights), ...excess(more, bypasses), ...policyFindings(connection, policy)],
  }
}

const unknown = (text: string): Finding => ({ level: 'unknown', text })

async function samplePerson(connection: Connection, { config, signal }: Context): Promise<Entry | null> {
  const filter = or([equals('objectClass', 'inetOrgPerson'), equals('objectClass', 'posixAccount')])
  const found = await connection.search(
    { base: config.base, scope: 'sub', filter, attributes: ['pwdPolicySubentry'], size: 2 },
    signal,
  )
  return found.find(entry => !isSameDn(entry.dn, config.bindDn)) ?? null
}

/** Null: the server knows no such control, or something else than a right stood in the way. */
async function wouldWrite(
  connection: Connection,
  { dn }: Entry,
  attribute: string,
  value: string,
  { signal }: Context,
): Promise<boolean | null> {
  const changes = [{ operation: 'replace', attribute, value }] as const
  for (const type of NO_OP) {
    const { code, policyError } = await connection.modify(dn, changes, [noOp(type), passwordPolicy()], signal)
    if (code === NO_OPERATION) return true
    if (code === LDAP.insufficientAccess) return policyError === null ? false : null
    if (code !== LDAP.unavailableCriticalExtension) return null
  }
  return null
}

async function judgeEach(
  values: Readonly<Record<string, string>>,
  may: (attribute: string, value: string) => Promise<boolean | null>,
): Promise<ReadonlyMap<string, boolean | null>> {
  const judged = new Map<string, boolean | null>()
  for (const [attribute, value] of Object.entries(values)) judged.set(attribute, await may(attribute, value))
  return judged
}

/** A password of one character is refused, so who may set it stands above the policy. */
const bindsUs = (policy: Policy | null): boolean =>
  policy?.rules.some(({ name }) => name === 'min_length') ?? false

const rightFindings = (rights: ReadonlyMap<string, boolean | null>): readonly Finding[] =>
  [...rights].map(([attribute, may]): Finding => {
    if (may === null) return unknown(`whether the service account may write ${attribute} could not be read`)
    if (may) return { level: 'ok', text: `the service account may write ${attribute}` }
    return attribute === 'userPassword'
      ? {
          level: 'error',
          text: 'the service account may not write userPassword: nobody can get a new password',
        }
      : {
          level: 'warning',
          text: `the service account may not write ${attribute}: locked accounts stay locked`,
        }
  })

function excess(more: ReadonlyMap<string, boolean | null>, bypasses: boolean | null): readonly Finding[] {
  const tooMuch = [...more].filter(([, may]) => may === true).map(([attribute]) => attribute)
  const text = `the service account may write more than it needs: ${tooMuch.join(', ')}`
  return [
    ...(tooMuch.length === 0 ? [] : [{ level: 'warning' as const, text }]),
    ...(bypasses === true ? [{ level: 'warning' as const, text: MANAGES }] : []),
  ]
}

const MANAGES =
  'the service account manages userPassword instead of writing it (=w): history and quality do not bind its resets'

function policyFindings(connection: Connection, policy: Policy | null): readonly Finding[] {
  if (!connection.root.controls.includes(PASSWORD_POLICY))
    return [
      { level: 'warning', text: 'this server has no password policy: history and quality are not checked' },
    ]
  if (!policy) return [unknown('the password policy cannot be told: people are shown no rules')]
  const safe: Finding = { level: 'error', text: 'pwdSafeModify is TRUE: the server refuses every reset' }
  const minutes = Math.ceil(policy.minAgeMs / 60_000)
  const young: Finding = {
    level: 'warning',
    text: `pwdMinAge: a new password cannot be replaced for ${minutes} minutes`,
  }
  return [...(policy.safeModify ? [safe] : []), ...(policy.minAgeMs > 0 ? [young] : [])]
}
