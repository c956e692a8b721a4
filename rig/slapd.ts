// A real OpenLDAP for tests: ppolicy, memberOf, referential integrity, LDAPS and StartTLS, and a service account
// that holds what an operator should give it and no more.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, freePortPair, run, startChild, tempFolder, waitForPort } from './child.ts'
import { type LdapHand, ldapHand } from './ldap-hand.ts'
import { type CertificateKind, makePki, type Pki } from './pki.ts'
import {
  BASE,
  GROUPS,
  groupDn,
  PEOPLE,
  type Person,
  person,
  policy,
  ROOT,
  SERVICE,
  tree,
  type Values,
} from './slapd-entries.ts'

export { groupDn, type Person, person, personDn, policyDn } from './slapd-entries.ts'

export type SlapdOptions = {
  readonly users?: readonly Person[]
  /** More records, loaded with the others. */
  readonly ldif?: string
  /** Attributes of the default password policy that differ from the rig's own. */
  readonly policy?: Values
  /** Further policies by name; a person's `policy` (pwdPolicySubentry) names one. */
  readonly policies?: Readonly<Record<string, Values>>
  readonly hash?: '{SSHA}' | '{ARGON2}' | '{CLEARTEXT}'
  /** Access rules that stand before the rig's own (slapd.access(5)). */
  readonly access?: string
  readonly certificate?: CertificateKind
  /** One fsync a write, as in production; the bench wants it, tests never survive a power failure. */
  readonly durable?: boolean
}

export type Slapd = {
  /** ldaps:// */
  readonly url: string
  /** ldap://, where StartTLS works. */
  readonly startTlsUrl: string
  readonly port: number
  /** The authority as PEM text, and as a file. */
  readonly ca: string
  readonly caFile: string
  /** For a fault proxy that looks inside. */
  readonly tls: Pki
  readonly servername: string
  readonly base: string
  readonly people: string
  readonly groups: string
  /** The delegated account: writes userPassword (`=w`), pwdReset and pwdAccountLockedTime; never manages. */
  readonly bindDn: string
  readonly bindPassword: string
  /** The root of the database, whom no rule and no policy binds. */
  readonly hand: LdapHand
  /** Fills memberOf, which needs the running server; members are DNs, of groups too. */
  addGroup(cn: string, members: readonly string[]): Promise<string>
  readonly pid: number
  log(): string
  /** SIGSTOP freezes it in the middle of whatever it does, SIGCONT thaws it. */
  signal(name: NodeJS.Signals): void
  /** Ends the server and starts it again on the same port and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const folder = tempFolder('slapd')
  const names = ['localhost', 'ldap.example.test']
  const pki = makePki(join(folder.path, 'pki'), '127.0.0.1', names, options.certificate)
  load(folder.path, pki, options)
  const port = await freePortPair()
  let child = await listen(folder.path, port)
  const ca = readFileSync(pki.ca, 'utf8')
  const url = `ldaps://127.0.0.1:${port + 1}`
  const hand = ldapHand(reachable(options, url, ca, port), ROOT.dn, ROOT.password)
  return {
    url,
    startTlsUrl: `ldap://127.0.0.1:${port}`,
    port: port + 1,
    ca,
    caFile: pki.ca,
    tls: pki,
    servername: 'localhost',
    base: BASE,
    people: PEOPLE,
    groups: GROUPS,
    bindDn: SERVICE.dn,
    bindPassword: SERVICE.password,
    hand,
    addGroup: async (cn, members) => {
      await hand.add(groupDn(cn), { objectClass: ['groupOfNames'], cn, member: members })
      return groupDn(cn)
    },
    get pid() {
      return child.pid
    },
    log: () => child.log(),
    signal: name => child.signal(name),
    restart: async () => {
      await child.stop()
      child = await listen(folder.path, port)
    },
    stop: async () => {
      await child.stop()
      folder.remove()
    },
  }
}

/** A certificate that must be refused also refuses the test's own hand, which then comes without TLS. */
const reachable = (options: SlapdOptions, url: string, ca: string, port: number) => ({
  url: (options.certificate ?? 'valid') === 'valid' ? url : `ldap://127.0.0.1:${port}`,
  ca,
})

async function listen(folder: string, port: number): Promise<Child> {
  const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${port + 1}`
  // -d keeps it in the foreground; level 0 says nothing.
  const child = startChild('/usr/sbin/slapd', ['-f', join(folder, 'slapd.conf'), '-h', urls, '-d', '0'])
  await waitForPort(child, port + 1)
  return child
}

function load(folder: string, pki: Pki, options: SlapdOptions): void {
  mkdirSync(join(folder, 'db'))
  writeFileSync(join(folder, 'slapd.conf'), configuration(folder, pki, options))
  const policies = Object.entries(options.policies ?? {}).map(([name, values]) => policy(name, values))
  const records = [
    tree(),
    policy('default', options.policy),
    ...policies,
    ...(options.users ?? []).map(person),
  ]
  const file = join(folder, 'load.ldif')
  writeFileSync(file, records.join('') + (options.ldif ?? ''))
  run('/usr/sbin/slapadd', ['-q', '-f', join(folder, 'slapd.conf'), '-l', file])
}

const configuration = (folder: string, pki: Pki, options: SlapdOptions): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload memberof
moduleload refint
moduleload argon2
TLSCACertificateFile ${pki.ca}
TLSCertificateFile ${pki.cert}
TLSCertificateKeyFile ${pki.key}
sizelimit unlimited
password-hash ${options.hash ?? '{SSHA}'}
database mdb
suffix "${BASE}"
rootdn "${ROOT.dn}"
rootpw ${ROOT.password}
directory ${folder}/db
maxsize 1073741824
${options.durable ? '' : 'dbnosync'}
index objectClass eq
index uid,mail,cn eq,sub
index member,memberOf eq
index entryUUID eq
${options.access ?? ''}
access to attrs=userPassword
  by self =xw
  by dn.exact="${SERVICE.dn}" =w
  by anonymous auth
  by * none
access to attrs=pwdReset,pwdAccountLockedTime
  by dn.exact="${SERVICE.dn}" write
  by users read
  by * none
access to * by users read by anonymous auth by * none
overlay ppolicy
ppolicy_default "cn=default,ou=policies,${BASE}"
ppolicy_use_lockout
ppolicy_hash_cleartext
overlay memberof
memberof-refint true
overlay refint
refint_attributes member
`
