// A real Active Directory domain controller for tests: Samba, each on a loopback address of its own, because its
// ports are fixed (389, 636). One process, 50 to 65 MB, gone with the test process.
import { randomInt } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accepts, type Child, run, startChild, tempFolder, waitForPort } from './child.ts'
import { type LdapHand, ldapHand } from './ldap-hand.ts'
import { type CertificateKind, makePki, type Pki } from './pki.ts'
import { type People, samPeople } from './samba-people.ts'
import { shield } from './samba-shield.ts'
import { AD_ADMIN, AD_BASE, AD_SERVICE, REALM, STAFF, TEMPLATE_VERSION } from './samba-template.ts'

export type SambaOptions = {
  /** 127.x.y.z; a free one is picked where it is left out. */
  readonly ip?: string
  readonly certificate?: CertificateKind
}

export type Samba = People & {
  /** ldaps://127.x.y.z */
  readonly url: string
  readonly ip: string
  readonly ca: string
  readonly caFile: string
  /** For a fault proxy that looks inside. */
  readonly tls: Pki
  readonly servername: string
  readonly realm: string
  readonly base: string
  /** The unit on which the service account holds its rights. */
  readonly staff: string
  /** Reset Password, lockoutTime and pwdLastSet on `staff`, and nothing else. */
  readonly bindDn: string
  readonly bindUpn: string
  readonly bindPassword: string
  readonly adminDn: string
  readonly adminPassword: string
  /** Administrator, over LDAPS. */
  readonly hand: LdapHand
  /** Does to an account what Windows does to administrators: nobody delegated may write it. */
  shield(dn: string): Promise<void>
  /** samba-tool on the running database (about a second a call). */
  tool(...args: readonly string[]): string
  readonly pid: number
  log(): string
  signal(name: NodeJS.Signals): void
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startSamba(options: SambaOptions = {}): Promise<Samba> {
  const ip = options.ip ?? (await freeAddress())
  const folder = tempFolder('samba')
  run('cp', ['-a', `${sambaTemplate()}/.`, folder.path])
  const servername = `dc1.${REALM}`
  const pki = makePki(join(folder.path, 'pki'), ip, [servername, 'localhost'], options.certificate)
  const configuration = configure(folder.path, ip, pki)
  let child = await listen(configuration, ip)
  const ca = readFileSync(pki.ca, 'utf8')
  const where = { url: `ldaps://${ip}`, ca, servername }
  const hand = ldapHand(where, AD_ADMIN.dn, AD_ADMIN.password)
  const database = join(folder.path, 'private/sam.ldb')
  return {
    ...where,
    ...samPeople(hand, database, configuration),
    ip,
    caFile: pki.ca,
    tls: pki,
    realm: REALM,
    base: AD_BASE,
    staff: STAFF,
    bindDn: AD_SERVICE.dn,
    bindUpn: `svc-reset@${REALM}`,
    bindPassword: AD_SERVICE.password,
    adminDn: AD_ADMIN.dn,
    adminPassword: AD_ADMIN.password,
    hand,
    shield: dn => shield(where, dn),
    tool: (...args) => run('samba-tool', [...args, '-s', configuration, '-H', database]),
    get pid() {
      return child.pid
    },
    log: () => child.log(),
    signal: name => child.signal(name),
    restart: async () => {
      await child.stop()
      child = await listen(configuration, ip)
    },
    stop: async () => {
      await child.stop()
      folder.remove()
    },
  }
}

/** Makes the template where it is missing, one process at a time, and gives its folder. */
export function sambaTemplate(): string {
  const folder = join(tmpdir(), `postern-samba-template-${userInfo().uid}-${TEMPLATE_VERSION}`)
  const maker = fileURLToPath(new URL('samba-template.ts', import.meta.url))
  run('flock', [`${folder}.lock`, process.execPath, maker, folder])
  return folder
}

async function freeAddress(): Promise<string> {
  for (;;) {
    const ip = `127.${64 + randomInt(190)}.${randomInt(256)}.${1 + randomInt(254)}`
    if (!(await accepts(636, ip))) return ip
  }
}

async function listen(configuration: string, ip: string): Promise<Child> {
  const args = ['-i', '-M', 'single', '-s', configuration, '--debug-stdout']
  const child = startChild('/usr/sbin/samba', args, { keepStdin: true })
  await waitForPort(child, 636, ip)
  return child
}

function configure(folder: string, ip: string, pki: Pki): string {
  for (const name of ['run', 'lock', 'cache', 'private/tls'])
    mkdirSync(join(folder, name), { recursive: true })
  const file = join(folder, 'smb.conf')
  writeFileSync(file, configuration(folder, ip, pki))
  return file
}

/** LDAP only; simple binds without TLS are refused, as a hardened directory does. */
const configuration = (folder: string, ip: string, pki: Pki): string => `[global]
netbios name = DC1
workgroup = EXAMPLE
realm = ${REALM.toUpperCase()}
server role = active directory domain controller
server services = ldap
dcerpc endpoint servers =
interfaces = ${ip}/8
bind interfaces only = yes
disable netbios = yes
private dir = ${folder}/private
state directory = ${folder}/state
cache directory = ${folder}/cache
lock directory = ${folder}/lock
pid directory = ${folder}/run
ncalrpc dir = ${folder}/run/ncalrpc
binddns dir = ${folder}/bind-dns
log file = ${folder}/log.%m
tls enabled = yes
tls keyfile = ${pki.key}
tls certfile = ${pki.cert}
tls cafile = ${pki.ca}
ldap server require strong auth = yes
old password allowed period = 0
ldb:nosync = true
`
