// People, groups and policies of the test domain, and what may befall them.
import { run } from './child.ts'
import type { LdapHand } from './ldap-hand.ts'
import { AD_BASE, REALM, STAFF } from './samba-template.ts'

export type AdUser = {
  readonly login: string
  readonly password: string
  readonly cn?: string
  readonly givenName?: string
  readonly sn?: string
  readonly displayName?: string
  readonly mail?: string
  /** The parent; the delegated unit Staff where it is left out. */
  readonly parent?: string
  readonly more?: Readonly<Record<string, string>>
}

/** Attributes of a fine-grained policy (MS-ADTS 3.1.1.3.5) beside its harmless defaults. */
export type AdPolicy = { readonly precedence: number; readonly minLength?: number; readonly history?: number }

export type People = {
  /** Adds an enabled person and gives the DN. */
  addUser(user: AdUser): Promise<string>
  /** A global security group; members are DNs, of groups too. Gives the DN. */
  addGroup(name: string, members: readonly string[]): Promise<string>
  addToGroup(groupDn: string, members: readonly string[]): Promise<void>
  setPassword(dn: string, password: string): Promise<void>
  disable(dn: string): Promise<void>
  /** accountExpires in the past: the account, not the password. */
  expireAccount(dn: string): Promise<void>
  /** pwdLastSet = 0: a bind says `data 773`. */
  mustChange(dn: string): Promise<void>
  /** pwdLastSet in 2012: a bind says `data 532`. */
  expirePassword(dn: string): Promise<void>
  /** lockoutTime = now: a bind says `data 775`. Sets the domain's lockout threshold to 3 where it is 0. */
  lock(dn: string): Promise<void>
  /** Attributes of the domain head: minPwdLength, pwdHistoryLength, minPwdAge, lockoutThreshold and so on. */
  setDomainPolicy(values: Readonly<Record<string, string>>): Promise<void>
  /** A fine-grained policy on one person or global group. */
  addPolicy(name: string, appliesTo: string, policy: AdPolicy): Promise<void>
}

export const samPeople = (hand: LdapHand, database: string, configuration: string): People => ({
  addUser: async user => {
    const dn = `CN=${escapeDn(user.cn ?? user.login)},${user.parent ?? STAFF}`
    await hand.add(dn, userValues(user))
    return dn
  },
  addGroup: async (name, members) => {
    const dn = `CN=${escapeDn(name)},${STAFF}`
    const member = members.length > 0 ? { member: members } : {}
    await hand.add(dn, { objectClass: 'group', sAMAccountName: name, groupType: GLOBAL_SECURITY, ...member })
    return dn
  },
  addToGroup: (groupDn, member) => hand.append(groupDn, { member }),
  setPassword: (dn, password) => hand.replace(dn, { unicodePwd: quoted(password) }),
  disable: dn => hand.replace(dn, { userAccountControl: '514' }),
  expireAccount: dn => hand.replace(dn, { accountExpires: IN_2012 }),
  mustChange: dn => hand.replace(dn, { pwdLastSet: '0' }),
  expirePassword: async dn =>
    void run('/usr/bin/python3', ['-', database, configuration, dn, IN_2012], SET_PWD_LAST_SET),
  lock: dn => lock(hand, dn),
  setDomainPolicy: values => hand.replace(AD_BASE, values),
  addPolicy: (name, appliesTo, policy) =>
    hand.add(`CN=${escapeDn(name)},CN=Password Settings Container,CN=System,${AD_BASE}`, {
      objectClass: 'msDS-PasswordSettings',
      'msDS-PSOAppliesTo': appliesTo,
      'msDS-PasswordSettingsPrecedence': String(policy.precedence),
      'msDS-MinimumPasswordLength': String(policy.minLength ?? 7),
      'msDS-PasswordHistoryLength': String(policy.history ?? 0),
      'msDS-PasswordComplexityEnabled': 'FALSE',
      'msDS-PasswordReversibleEncryptionEnabled': 'FALSE',
      'msDS-MinimumPasswordAge': '0',
      'msDS-MaximumPasswordAge': '-36288000000000',
      'msDS-LockoutThreshold': '0',
      'msDS-LockoutObservationWindow': '-18000000000',
      'msDS-LockoutDuration': '-18000000000',
    }),
})

/** groupType 0x80000002 as a signed number (MS-ADTS 2.2.12). */
const GLOBAL_SECURITY = '-2147483646'

/** 100 ns since 1601 (MS-DTYP 2.3.3). */
const IN_2012 = '130000000000000000'

const userValues = (user: AdUser): Record<string, string | Buffer> => ({
  objectClass: 'user',
  sAMAccountName: user.login,
  userPrincipalName: `${user.login}@${REALM}`,
  displayName: user.displayName ?? user.cn ?? user.login,
  ...(user.givenName ? { givenName: user.givenName } : {}),
  ...(user.sn ? { sn: user.sn } : {}),
  mail: user.mail ?? `${user.login}@example.org`,
  userAccountControl: '512',
  unicodePwd: quoted(user.password),
  ...user.more,
})

/** MS-ADTS 3.1.1.3.1.5: in double quotes, UTF-16 little endian. */
export const quoted = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le')

const escapeDn = (value: string): string => value.replace(/[,+"\\<>;=#]/g, found => `\\${found}`)

async function lock(hand: LdapHand, dn: string): Promise<void> {
  const head = await hand.read(AD_BASE, ['lockoutThreshold'])
  if (head['lockoutThreshold']?.[0] === '0') await hand.replace(AD_BASE, { lockoutThreshold: '3' })
  for (let tries = 0; tries < 20; tries++) {
    const { why } = await hand.tryBind(dn, 'Certainly-Wr0ng')
    if (why.includes('data 775')) return
  }
  throw new Error(`${dn} did not lock after 20 wrong passwords`)
}

/** LDAP lets nobody write a date there; the local database does. */
const SET_PWD_LAST_SET = `
import sys, ldb
from samba.param import LoadParm
from samba.auth import system_session
from samba.samdb import SamDB
lp = LoadParm()
lp.load(sys.argv[2])
db = SamDB(url=sys.argv[1], session_info=system_session(), lp=lp)
m = ldb.Message(ldb.Dn(db, sys.argv[3]))
m["pwdLastSet"] = ldb.MessageElement(sys.argv[4], ldb.FLAG_MOD_REPLACE, "pwdLastSet")
db.modify(m, ["local_oid:1.3.6.1.4.1.7165.4.3.12:0"])
`
