import { PASSWORD_POLICY } from './controls.ts'
import { textOf } from './entry.ts'
import { equals, or } from './filter.ts'
import { settleMarks } from './mark.ts'
import { groupEntries } from './member-groups.ts'
import { openldapFindings } from './openldap-findings.ts'
import { PPOLICY_ATTRIBUTES, ppolicyFacts } from './ppolicy-account.ts'
import type { Profile } from './profile.ts'
import { judgeBind } from './refusal-ppolicy.ts'
import { aSecondLater, changePassword, setPassword, unlockBy } from './rfc3062.ts'

/** OpenLDAP with the ppolicy overlay; what 389 DS and FreeIPA do alike they take from here. */
export const openldap: Profile = {
  attributes: {
    login: ['uid', 'mail'],
    accountName: ['uid'],
    mail: ['mail'],
    recoveryEmail: [],
    displayName: ['displayName', 'cn'],
    names: ['givenName', 'sn', 'cn', 'displayName'],
    locale: ['preferredLanguage'],
  },
  idAttribute: 'entryUUID',
  people: or(['person', 'posixAccount', 'account'].map(name => equals('objectClass', name))),
  groups: groupEntries,
  groupName: ['cn'],
  membersOf: async (_connection, group) => equals('memberOf', group),
  attributesRead: PPOLICY_ATTRIBUTES,
  can: root => ({
    reset: true,
    change: true,
    unlock: true,
    authenticate: true,
    historyOnReset: root?.controls.includes(PASSWORD_POLICY) ?? true,
  }),
  // A consumer shows itself only by the referral with which it answers a write.
  roleOf: async () => 'writable',
  idOf: entry => textOf(entry, 'entryUUID')?.toLowerCase() ?? null,
  idValue: id => (UUID.test(id) ? id : null),
  facts: ppolicyFacts,
  writableFrom: aSecondLater,
  setPassword,
  changePassword,
  // Taking it away forgets the wrong passwords too; replacing it by nothing would leave them (lab page, 3.2).
  unlock: unlockBy([{ operation: 'delete', attribute: 'pwdAccountLockedTime' }]),
  judgeBind,
  settle: settleMarks,
  findings: openldapFindings,
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
