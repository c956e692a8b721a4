import type { Directory } from '../directory.ts'
import type { Clock } from '../lib/clock.ts'
import { groups, members, search } from './ldap/browsing.ts'
import { check } from './ldap/checking.ts'
import type { LdapConfig, LdapLog } from './ldap/config.ts'
import { open as openLdap, type Resolve } from './ldap/open.ts'
import { authenticate, find, findBy, outcome, read } from './ldap/reading.ts'
import { changePassword, setPassword, unlock } from './ldap/writing.ts'

export type { LdapAttributes, LdapConfig, LdapKind, LdapLog } from './ldap/config.ts'

/**
 * A directory that speaks LDAP. Opens nothing before the first call. Throws where the configuration cannot be used,
 * or where NODE_DEBUG would print passwords. `resolve` asks DNS for the servers of a `srv:` host.
 */
export function createLdapDirectory(
  config: LdapConfig,
  clock: Clock,
  log: LdapLog = () => undefined,
  resolve?: Resolve,
): Directory {
  const open = openLdap(config, clock, log, resolve)
  return {
    name: config.name,
    get can() {
      return open.profile.can(open.seen.root)
    },
    domains: config.netbios === undefined ? config.domains : [...config.domains, config.netbios],
    find: (login, signal) => find(open, login, signal),
    findBy: (attribute, text, signal) => findBy(open, { attribute, text }, signal),
    read: (ref, signal) => read(open, ref, signal),
    authenticate: (ref, password, signal) => authenticate(open, ref, password, signal),
    setPassword: (ref, write, signal) => setPassword(open, ref, write, signal),
    changePassword: (ref, change, signal) => changePassword(open, ref, change, signal),
    unlock: (ref, signal) => unlock(open, ref, signal),
    search: (text, page, signal) => search(open, text, page, signal),
    groups: (text, page, signal) => groups(open, text, page, signal),
    members: (group, page, signal) => members(open, group, page, signal),
    outcome: (ref, mark, signal) => outcome(open, ref, mark, signal),
    check: signal => check(open, signal),
    close: async () => {
      open.cursors.close()
      open.servers.close()
    },
  }
}
