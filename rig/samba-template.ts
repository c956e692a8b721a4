// node rig/samba-template.ts FOLDER: provisions the test domain once per machine (7 to 11 s) and puts it there.
// Called under flock(1), so that two test processes never provision at once; a second caller finds it finished.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.ts'

export const REALM = 'ad.example.test'
export const AD_BASE = 'DC=ad,DC=example,DC=test'
export const STAFF = `OU=Staff,${AD_BASE}`
export const AD_ADMIN = { dn: `CN=Administrator,CN=Users,${AD_BASE}`, password: 'Adm1n-Passw0rd!' }
export const AD_SERVICE = { dn: `CN=svc-reset,CN=Users,${AD_BASE}`, password: 'Serv1ce-Passw0rd!' }

/** A new number makes every machine provision again: raise it with every change of what a template holds. */
export const TEMPLATE_VERSION = 1

function provision(target: string): void {
  if (existsSync(target)) return
  const draft = `${target}.draft`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  const configuration = join(draft, 'seed.conf') // so that the machine's own smb.conf is neither read nor written
  writeFileSync(configuration, '[global]\n')
  run('samba-tool', [
    ...['domain', 'provision', '-s', configuration, `--targetdir=${draft}`],
    ...[`--realm=${REALM.toUpperCase()}`, '--domain=EXAMPLE', '--host-name=dc1', '--host-ip=127.0.0.1'],
    ...['--server-role=dc', '--dns-backend=NONE', `--adminpass=${AD_ADMIN.password}`],
    ...['--option=interfaces=lo', '--option=bind interfaces only=yes'],
  ])
  delegate(draft)
  renameSync(draft, target)
}

/** Minimum age 0, an organisational unit Staff, and a service account with exactly three rights on it. */
function delegate(draft: string): void {
  const file = join(draft, 'private/sam.ldb')
  const configuration = join(draft, 'etc/smb.conf')
  const sid = run('/usr/bin/python3', ['-', file, configuration], PREPARE).trim()
  run('samba-tool', [
    ...['dsacl', 'set', '-s', configuration, '-H', file, '--action=allow', `--objectdn=${STAFF}`],
    `--sddl=${RIGHTS.map(right => `(OA;CIIO;${right};${USER_CLASS};${sid})`).join('')}`,
  ])
}

/** schemaIDGUID of the class user. */
const USER_CLASS = 'bf967aba-0de6-11d0-a285-00aa003049e2'

/** Reset Password (MS-ADTS 5.1.3.2.1); read and write lockoutTime; read and write pwdLastSet. */
const RIGHTS = [
  'CR;00299570-246d-11d0-a768-00aa006e0529',
  'RPWP;28630ebf-41d5-11d1-a9c1-0000f80367c1',
  'RPWP;bf967a0a-0de6-11d0-a285-00aa003049e2',
]

const PREPARE = `
import sys
from samba.param import LoadParm
from samba.auth import system_session
from samba.samdb import SamDB
lp = LoadParm()
lp.load(sys.argv[2])
db = SamDB(url=sys.argv[1], session_info=system_session(), lp=lp)
db.set_minPwdAge("0")
db.create_ou("${STAFF}")
db.newuser("svc-reset", "${AD_SERVICE.password}", userou=None)
db.setexpiry("(sAMAccountName=svc-reset)", 0, no_expiry_req=True)
found = db.search("${AD_BASE}", expression="(sAMAccountName=svc-reset)", attrs=["objectSid"])
from samba.ndr import ndr_unpack
from samba.dcerpc import security
print(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))
`

if (import.meta.main) provision(process.argv[2] ?? '')
