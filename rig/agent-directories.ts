// Real directories behind a wire that breaks, as the file of an agent names them, and how often a password was changed.
import type { DirectoryEntry } from './agent.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { startSamba } from './samba.ts'
import { openldapEntry, sambaEntry } from './serve.ts'
import { personDn, startSlapd } from './slapd.ts'

export type AgentSideDirectory = {
  readonly entry: DirectoryEntry
  readonly proxy: FaultProxy
  binds(login: string, password: string): Promise<boolean>
  /** Successful password writes since the account was made, as the directory itself counts them. */
  changes(login: string): Promise<number>
  stop(): Promise<void>
}

export async function agentSideOpenLdap(
  logins: readonly string[],
  password: string,
): Promise<AgentSideDirectory> {
  const passwordChangedAt = new Date('2020-01-01T00:00:00Z')
  const users = logins.map(uid => ({ uid, password, passwordChangedAt }))
  const slapd = await startSlapd({ users, policy: { pwdInHistory: 20 } })
  const proxy = await startFaultProxy({ port: slapd.port, tls: slapd.tls })
  return {
    entry: { ...openldapEntry(slapd), name: 'people', hosts: [`ldaps://127.0.0.1:${proxy.port}`] },
    proxy,
    binds: async (login, tried) => (await slapd.hand.tryBind(personDn(login), tried)).ok,
    // Every change puts the former password there (draft-behera-ldap-password-policy 5.3.5).
    changes: async login =>
      ((await slapd.hand.read(personDn(login), ['pwdHistory']))['pwdHistory'] ?? []).length,
    stop: async () => {
      await proxy.stop()
      await slapd.stop()
    },
  }
}

export async function agentSideSamba(
  logins: readonly string[],
  password: string,
): Promise<AgentSideDirectory> {
  const samba = await startSamba()
  for (const login of logins) await samba.addUser({ login, password })
  const proxy = await startFaultProxy({ host: samba.ip, port: 636, tls: samba.tls })
  const dnOf = (login: string): string => `CN=${login},${samba.staff}`
  // The version of unicodePwd in the replication metadata (MS-ADTS 3.1.1.4.5.16); it begins with 1.
  const version = async (login: string): Promise<number> =>
    Number((await samba.hand.read(dnOf(login), ['msDS-KeyVersionNumber']))['msDS-KeyVersionNumber']?.[0])
  const first = new Map<string, number>()
  for (const login of logins) first.set(login, await version(login))
  return {
    entry: { ...sambaEntry(samba), name: 'people', hosts: [`ldaps://127.0.0.1:${proxy.port}`] },
    proxy,
    binds: async (login, tried) => (await samba.hand.tryBind(`${login}@${samba.realm}`, tried)).ok,
    changes: async login => (await version(login)) - (first.get(login) ?? 0),
    stop: async () => {
      await proxy.stop()
      await samba.stop()
    },
  }
}
