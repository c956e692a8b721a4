// What stands in the test slapd before it starts: LDIF for people, policies and the service account.
import { createHash, randomBytes } from 'node:crypto'

export const BASE = 'dc=example,dc=test'
export const PEOPLE = `ou=people,${BASE}`
export const GROUPS = `ou=groups,${BASE}`
export const POLICIES = `ou=policies,${BASE}`
export const SERVICE = { dn: `cn=reset,ou=services,${BASE}`, password: 'Service-Secret-4711' }
export const ROOT = { dn: `cn=admin,${BASE}`, password: 'Root-Secret-4711' }

export type Values = Readonly<Record<string, string | number | boolean | readonly string[]>>

export type Person = {
  readonly uid: string
  readonly cn?: string
  readonly sn?: string
  readonly givenName?: string
  /** `UID@example.test` where it is left out; an empty list: none. */
  readonly mail?: string | readonly string[]
  /** Stored as {SSHA}, as slapadd writes what it is given. Left out: the entry has no password. */
  readonly password?: string
  /** pwdChangedTime. slapadd runs no overlay, so without this the age of the password is unknown. */
  readonly passwordChangedAt?: Date
  /** The name of one of `policies`. */
  readonly policy?: string
  /** Anything else, operational attributes too. */
  readonly more?: Values
}

export const personDn = (uid: string): string => `uid=${uid},${PEOPLE}`
export const groupDn = (cn: string): string => `cn=${cn},${GROUPS}`

export function person(who: Person): string {
  const cn = who.cn ?? who.uid
  return entry(personDn(who.uid), {
    objectClass: ['inetOrgPerson'],
    uid: who.uid,
    cn,
    sn: who.sn ?? cn.split(' ').at(-1) ?? cn,
    ...(who.givenName ? { givenName: who.givenName } : {}),
    mail: who.mail ?? `${who.uid}@example.test`,
    ...(who.password === undefined ? {} : { userPassword: ssha(who.password) }),
    ...(who.passwordChangedAt ? { pwdChangedTime: generalizedTime(who.passwordChangedAt) } : {}),
    ...(who.policy ? { pwdPolicySubentry: policyDn(who.policy) } : {}),
    ...who.more,
  })
}

export const policyDn = (name: string): string => `cn=${name},${POLICIES}`

/** draft-behera-ldap-password-policy. History 3, 8 characters or more, locked after 3 wrong ones for 5 minutes. */
const POLICY_DEFAULTS: Values = {
  pwdAttribute: 'userPassword',
  pwdMinLength: 8,
  pwdInHistory: 3,
  pwdCheckQuality: 2,
  pwdMaxFailure: 3,
  pwdLockout: true,
  pwdLockoutDuration: 300,
  pwdFailureCountInterval: 300,
  pwdMustChange: true,
  pwdAllowUserChange: true,
}

export const policy = (name: string, overrides: Values = {}): string =>
  entry(policyDn(name), { objectClass: ['device', 'pwdPolicy'], cn: name, ...POLICY_DEFAULTS, ...overrides })

/** The tree that every test slapd has: four units and the delegated service account. */
export const tree = (): string =>
  [
    entry(BASE, { objectClass: ['dcObject', 'organization'], o: 'Example', dc: 'example' }),
    ...['people', 'groups', 'services', 'policies'].map(ou =>
      entry(`ou=${ou},${BASE}`, { objectClass: 'organizationalUnit', ou }),
    ),
    entry(SERVICE.dn, {
      objectClass: ['organizationalRole', 'simpleSecurityObject'],
      cn: 'reset',
      userPassword: ssha(SERVICE.password),
    }),
  ].join('')

/** One LDIF record; every value in base64, so that no value needs care (RFC 2849). */
export const entry = (dn: string, values: Values): string =>
  `dn:: ${base64(dn)}\n${Object.entries(values)
    .flatMap(([name, value]) => listOf(value).map(each => `${name}:: ${base64(each)}\n`))
    .join('')}\n`

const listOf = (value: Values[string]): string[] =>
  (Array.isArray(value) ? value : [value]).map(each =>
    typeof each === 'boolean' ? `${each}`.toUpperCase() : `${each}`,
  )

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

export const generalizedTime = (at: Date): string => `${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`

export function ssha(password: string): string {
  const salt = randomBytes(8)
  const digest = createHash('sha1').update(password).update(salt).digest()
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`
}
