import type { Rule } from '../../account.ts'
import type { Connection } from './connection.ts'
import { bigOf, type Entry, isTrue, numberOf, textOf } from './entry.ts'
import { present } from './filter.ts'
import type { Context } from './profile.ts'
import { fromInterval } from './time.ts'

export type AdPolicy = {
  readonly rules: readonly Rule[]
  readonly minAgeMs: number
  readonly lockoutThreshold: number | null
}

/** Bit 0 of pwdProperties (MS-ADTS 3.1.1.3.2.30 names it DOMAIN_PASSWORD_COMPLEX). */
const COMPLEX = 1

/** Kinds of characters that a complex password has (MS-SAMR 3.1.1.7.2). */
export const KINDS_MIN = 3

/**
 * The policy in force for this account: its fine-grained one, else the domain's. Null: one applies that we may not
 * read, which is the rule for a service account (decisions 4.5).
 */
export async function policyOf(
  connection: Connection,
  entry: Entry,
  context: Context,
): Promise<AdPolicy | null> {
  const fine = textOf(entry, 'msDS-ResultantPSO')
  const base = fine ?? connection.root.domainHead
  if (base === null) return null
  const attributes = fine === null ? DOMAIN : FINE
  const [found] = await connection.search(
    { base, scope: 'base', filter: present('objectClass'), attributes, size: 1 },
    context.signal,
  )
  if (!found) return null
  return fine === null ? domainPolicy(found) : finePolicy(found)
}

const DOMAIN = ['minPwdLength', 'pwdHistoryLength', 'minPwdAge', 'pwdProperties', 'lockoutThreshold']
const FINE = [
  'msDS-MinimumPasswordLength',
  'msDS-PasswordHistoryLength',
  'msDS-MinimumPasswordAge',
  'msDS-PasswordComplexityEnabled',
  'msDS-LockoutThreshold',
]

const domainPolicy = (entry: Entry): AdPolicy | null =>
  policy(
    numberOf(entry, 'minPwdLength'),
    numberOf(entry, 'pwdHistoryLength'),
    fromInterval(bigOf(entry, 'minPwdAge')),
    ((numberOf(entry, 'pwdProperties') ?? 0) & COMPLEX) === COMPLEX,
    numberOf(entry, 'lockoutThreshold'),
  )

const finePolicy = (entry: Entry): AdPolicy | null =>
  policy(
    numberOf(entry, 'msDS-MinimumPasswordLength'),
    numberOf(entry, 'msDS-PasswordHistoryLength'),
    fromInterval(bigOf(entry, 'msDS-MinimumPasswordAge')),
    isTrue(entry, 'msDS-PasswordComplexityEnabled'),
    numberOf(entry, 'msDS-LockoutThreshold'),
  )

function policy(
  length: number | null,
  history: number | null,
  minAgeMs: number | null,
  complex: boolean,
  threshold: number | null,
): AdPolicy | null {
  if (length === null) return null
  const counted = [
    { name: 'min_length', value: length },
    { name: 'history', value: history ?? 0 },
    { name: 'min_age_ms', value: minAgeMs ?? 0 },
    { name: 'character_kinds', value: complex ? KINDS_MIN : 0 },
  ] as const
  const rules: Rule[] = counted.filter(rule => rule.value > 0)
  return {
    rules: complex ? [...rules, { name: 'no_name' }] : rules,
    minAgeMs: minAgeMs ?? 0,
    lockoutThreshold: threshold || null,
  }
}
