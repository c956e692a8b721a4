// A real OpenLDAP and a real Samba DC as things that can be killed, frozen and started again, for tests of outages.
import { sambaConfig } from '../src/directories/conformance-samba.ts'
import type { LdapConfig } from '../src/directories/ldap.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { configOf } from './openldap.ts'
import { startSamba } from './samba.ts'
import { personDn, startSlapd } from './slapd.ts'

export type Breakable = {
  /** How a deployment file would describe it; `host` is the server itself, or a proxy. */
  config(host: string): LdapConfig
  readonly url: string
  /** Sees the plain requests, and can lose the answer to one. */
  readonly proxy: FaultProxy
  /** SIGKILL ends it, SIGSTOP freezes it, SIGCONT thaws it. */
  signal(name: NodeJS.Signals): void
  restart(): Promise<void>
  binds(login: string, password: string): Promise<boolean>
  stop(): Promise<void>
}

/** People `logins` stand in it, with `password`. */
export async function breakableOpenLdap(logins: readonly string[], password: string): Promise<Breakable> {
  const passwordChangedAt = new Date('2020-01-01T00:00:00Z')
  const slapd = await startSlapd({ users: logins.map(uid => ({ uid, password, passwordChangedAt })) })
  const proxy = await startFaultProxy({ port: slapd.port, tls: slapd.tls })
  return {
    config: host => configOf(slapd, host),
    url: slapd.url,
    proxy,
    signal: name => slapd.signal(name),
    restart: () => slapd.restart(),
    binds: async (login, tried) => (await slapd.hand.tryBind(personDn(login), tried)).ok,
    stop: async () => {
      await proxy.stop()
      await slapd.stop()
    },
  }
}

export async function breakableSamba(logins: readonly string[], password: string): Promise<Breakable> {
  const samba = await startSamba()
  for (const login of logins) await samba.addUser({ login, password })
  const proxy = await startFaultProxy({ host: samba.ip, port: 636, tls: samba.tls })
  return {
    config: host => sambaConfig(samba, host),
    url: samba.url,
    proxy,
    signal: name => samba.signal(name),
    restart: () => samba.restart(),
    binds: async (login, tried) => (await samba.hand.tryBind(`${login}@${samba.realm}`, tried)).ok,
    stop: async () => {
      await proxy.stop()
      await samba.stop()
    },
  }
}
