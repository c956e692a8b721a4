import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { startFaultProxy } from '../../rig/fault-proxy.ts'
import { withClient } from '../../rig/ldap-hand.ts'
import { holdsLdap } from '../../rig/ldap-wire.ts'
import { type Samba, startSamba } from '../../rig/samba.ts'
import type { Directory } from '../directory.ts'
import { systemClock } from '../lib/clock.ts'
import type { Faults, Immutable, Knows, Rig, State } from './conformance-suite.ts'
import { guidText, sidText } from './ldap/binary-ids.ts'
import { createLdapDirectory, type LdapConfig } from './ldap.ts'

export const sambaConfig = (samba: Samba, host: string): LdapConfig => ({
  name: 'contoso',
  kind: 'active-directory',
  hosts: [host],
  ca: samba.ca,
  servername: samba.servername,
  bindDn: samba.bindDn,
  bindPassword: samba.bindPassword,
  base: samba.base,
  domains: [samba.realm],
  netbios: 'EXAMPLE',
  ownDomains: [samba.realm],
  protectedGroups: [],
})

type Around = (directory: Directory) => Directory

export const SAMBA_KNOWS: Knows = {
  states: ['disabled', 'locked', 'must_change', 'expired', 'protected'],
  groups: true,
  moves: true,
  faults: true,
  sharedAttribute: 'employeeID',
  tooShort: 'Shor 1',
}

/** `around`: what stands in front of the directory, if anything. */
export async function sambaRig(around: Around = directory => directory): Promise<Rig> {
  const samba = await startSamba()
  await samba.setDomainPolicy({ lockoutThreshold: '5' })
  await samba.hand.add(deeper(samba), { objectClass: 'organizationalUnit' })
  const dnOf = (login: string): string => `CN=${login},${samba.staff}`
  return {
    directory: around(createLdapDirectory(sambaConfig(samba, samba.url), systemClock)),
    add: async ({ login, password, mail, displayName }) => {
      await samba.addUser({
        login,
        password,
        ...(mail === undefined ? {} : { mail }),
        ...(displayName === undefined ? {} : { displayName }),
      })
      const names = [login, `${login}@${samba.realm}`, `EXAMPLE\\${login}`, `example\\${login}`]
      return [...names, ...(mail === undefined ? [] : [mail])]
    },
    become: (login, state) => become(samba, dnOf(login), state),
    opens: async (login, password) => (await samba.hand.tryBind(`${login}@${samba.realm}`, password)).ok,
    immutable: login => immutable(samba, dnOf(login), login),
    share: async (logins, employeeID) => {
      for (const login of logins) await samba.hand.replace(dnOf(login), { employeeID })
    },
    move: login => samba.hand.rename(dnOf(login), `CN=${login} moved,${deeper(samba)}`),
    group: async (name, outer, logins) => {
      const dn = await samba.addGroup(name, logins.map(dnOf))
      await samba.addGroup(outer, [dn])
      return dn
    },
    faults: await faultsOf(samba, around),
    stop: () => samba.stop(),
  }
}

/** As Entra hands them out: GUIDs as text or as the base64 of their bytes, SIDs as text. */
async function immutable(samba: Samba, dn: string, login: string): Promise<readonly Immutable[]> {
  const anchor = Buffer.from(randomUUID().replaceAll('-', ''), 'hex')
  await samba.hand.replace(dn, { employeeID: `e-${login}`, 'mS-DS-ConsistencyGuid': [anchor] })
  const names = ['objectGUID', 'objectSid']
  const { searchEntries } = await withClient(samba, samba.adminDn, samba.adminPassword, client =>
    client.search(dn, { scope: 'base', attributes: names, explicitBufferAttributes: names }),
  )
  const bytes = (name: string): Buffer => Buffer.from((searchEntries[0]?.[name] ?? '') as Buffer) // as: asked for as bytes
  return [
    { attribute: 'employeeID', text: `e-${login}` },
    { attribute: 'objectGUID', text: guidText(bytes('objectGUID')) ?? '', anyCase: true },
    { attribute: 'mS-DS-ConsistencyGuid', text: anchor.toString('base64') },
    { attribute: 'objectSid', text: sidText(bytes('objectSid')) ?? '' },
  ]
}

const deeper = (samba: Samba): string => `OU=Deeper,${samba.staff}`

async function become(samba: Samba, dn: string, state: State): Promise<void> {
  if (state === 'disabled') await samba.disable(dn)
  if (state === 'locked') await samba.lock(dn)
  if (state === 'must_change') await samba.mustChange(dn)
  if (state === 'expired') await samba.expirePassword(dn)
  if (state === 'protected') await samba.addToGroup(`CN=Domain Admins,CN=Users,${samba.base}`, [dn])
}

async function faultsOf(samba: Samba, around: Around): Promise<Faults> {
  const folder = dirname(samba.caFile)
  const tls = { ca: samba.caFile, cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const proxy = await startFaultProxy({ host: samba.ip, port: 636, tls })
  return {
    directory: around(
      createLdapDirectory(sambaConfig(samba, `ldaps://127.0.0.1:${proxy.port}`), systemClock),
    ),
    slow: ms => proxy.set({ name: 'delay', ms }),
    down: () => proxy.set({ name: 'refuse' }),
    loseAnswer: () => proxy.set({ name: 'lose_answer', to: holdsLdap('modify') }),
    heal: () => proxy.set({ name: 'pass' }),
  }
}
