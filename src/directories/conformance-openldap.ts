import { dirname, join } from 'node:path'
import { Attribute, Change, Control } from 'ldapts'
import { startFaultProxy } from '../../rig/fault-proxy.ts'
import { withClient } from '../../rig/ldap-hand.ts'
import { holdsLdap } from '../../rig/ldap-wire.ts'
import { groupDn, personDn, policyDn, type Slapd, startSlapd } from '../../rig/slapd.ts'
import { ROOT, ssha } from '../../rig/slapd-entries.ts'
import type { Directory } from '../directory.ts'
import { systemClock } from '../lib/clock.ts'
import type { Faults, Knows, Rig, State } from './conformance-suite.ts'
import { createLdapDirectory, type LdapConfig } from './ldap.ts'

const PROTECTED = groupDn('protected')

export const configOf = (slapd: Slapd, host: string): LdapConfig => ({
  name: 'openldap',
  kind: 'openldap',
  hosts: [host],
  ca: slapd.ca,
  bindDn: slapd.bindDn,
  bindPassword: slapd.bindPassword,
  base: slapd.base,
  domains: ['example.test'],
  ownDomains: ['example.test'],
  protectedGroups: [PROTECTED],
  policyDn: policyDn('default'),
})

type Around = (directory: Directory) => Directory

export const OPENLDAP_KNOWS: Knows = {
  states: ['locked', 'must_change', 'expired', 'locked_for_good', 'protected'],
  groups: true,
  moves: true,
  faults: true,
  sharedAttribute: 'employeeNumber',
  tooShort: 'Short 1',
}

/** Passwords that ended long ago, for those with this policy. */
const MAX_AGE = { pwdMaxAge: 60 }

/** `around`: what stands in front of the directory, if anything. */
export async function openldapRig(around: Around = directory => directory): Promise<Rig> {
  const slapd = await startSlapd({
    policies: { aging: MAX_AGE },
    ldif: 'dn: ou=elsewhere,dc=example,dc=test\nobjectClass: organizationalUnit\nou: elsewhere\n\n',
  })
  await slapd.addGroup('protected', [personDn('nobody')])
  return {
    directory: around(createLdapDirectory(configOf(slapd, slapd.url), systemClock)),
    add: async ({ login, password, mail, displayName }) => {
      const name = displayName ?? login
      await slapd.hand.add(personDn(login), {
        objectClass: 'inetOrgPerson',
        uid: login,
        cn: name,
        sn: name,
        ...(mail === undefined ? {} : { mail }),
        userPassword: ssha(password),
      })
      return [login, `${login}@example.test`, ...(mail === undefined ? [] : [mail])]
    },
    become: (login, state) => become(slapd, login, state),
    opens: async (login, password) => (await slapd.hand.tryBind(personDn(login), password)).ok,
    immutable: async login => {
      const employeeNumber = `e-${login}-0042`
      await slapd.hand.replace(personDn(login), { employeeNumber })
      const [entryUUID = ''] = (await slapd.hand.read(personDn(login), ['entryUUID']))['entryUUID'] ?? []
      return [
        { attribute: 'employeeNumber', text: employeeNumber },
        { attribute: 'entryUUID', text: entryUUID, anyCase: true },
      ]
    },
    share: async (logins, employeeNumber) => {
      for (const login of logins) await slapd.hand.replace(personDn(login), { employeeNumber })
    },
    move: login => slapd.hand.rename(personDn(login), `uid=${login}-moved,ou=elsewhere,${slapd.base}`),
    group: async (name, outer, logins) => {
      const dn = await slapd.addGroup(name, logins.map(personDn))
      await slapd.addGroup(outer, [dn])
      return dn
    },
    faults: await faultsOf(slapd, around),
    stop: () => slapd.stop(),
  }
}

const WRONG = 'Certainly-Wr0ng'

async function become(slapd: Slapd, login: string, state: State): Promise<void> {
  const { hand } = slapd
  const dn = personDn(login)
  if (state === 'locked') for (let tries = 0; tries < 3; tries++) await hand.tryBind(dn, WRONG)
  if (state === 'must_change') await hand.replace(dn, { pwdReset: 'TRUE' })
  if (state === 'expired') await expire(slapd, dn)
  if (state === 'locked_for_good') await hand.replace(dn, { pwdAccountLockedTime: '000001010000Z' })
  if (state === 'protected') await hand.append(PROTECTED, { member: dn })
}

/** Nobody may write that date but an administrator who asks for relaxed rules (draft-zeilenga-ldap-relax). */
async function expire(slapd: Slapd, dn: string): Promise<void> {
  await slapd.hand.replace(dn, { pwdPolicySubentry: policyDn('aging') })
  const values = ['20120101000000Z']
  const modification = new Attribute({ type: 'pwdChangedTime', values })
  await withClient(slapd, ROOT.dn, ROOT.password, client =>
    client.modify(
      dn,
      new Change({ operation: 'replace', modification }),
      new Control(RELAX, { critical: true }),
    ),
  )
}

const RELAX = '1.3.6.1.4.1.4203.666.5.12'

async function faultsOf(slapd: Slapd, around: Around): Promise<Faults> {
  const folder = dirname(slapd.caFile)
  const tls = { ca: slapd.caFile, cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const proxy = await startFaultProxy({ port: slapd.port, tls })
  return {
    directory: around(createLdapDirectory(configOf(slapd, `ldaps://127.0.0.1:${proxy.port}`), systemClock)),
    slow: ms => proxy.set({ name: 'delay', ms }),
    down: () => proxy.set({ name: 'refuse' }),
    loseAnswer: () => proxy.set({ name: 'lose_answer', to: holdsLdap('extended', 'modify') }),
    heal: () => proxy.set({ name: 'pass' }),
  }
}
