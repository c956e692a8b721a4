import { afterAll, beforeAll, expect, test } from 'vitest'
import { personDn, type Slapd, startSlapd } from '../../../rig/slapd.ts'
import type { Directory } from '../../directory.ts'
import { systemClock } from '../../lib/clock.ts'
import { createLdapDirectory, type LdapConfig } from '../ldap.ts'

const PASSWORD = 'Start-Passw0rd 1'
const soon = (): AbortSignal => AbortSignal.timeout(15_000)

let slapd: Slapd
const opened: Directory[] = []

const open = (more: Partial<LdapConfig> = {}): Directory => {
  const config: LdapConfig = {
    ...{ name: 'lab', kind: 'openldap', hosts: [slapd.url], ca: slapd.ca, base: slapd.base },
    ...{ bindDn: slapd.bindDn, bindPassword: slapd.bindPassword },
    ...{ domains: [], ownDomains: [], protectedGroups: [] },
    ...more,
  }
  const directory = createLdapDirectory(config, systemClock)
  opened.push(directory)
  return directory
}

beforeAll(async () => {
  slapd = await startSlapd({ users: ['anna', 'bert'].map(uid => ({ uid, password: PASSWORD })) })
})
afterAll(async () => {
  for (const each of opened) await each.close()
  await slapd.stop()
})

test('what the report says of a service account that may do just enough, too much, too little', async () => {
  const enough = await open().check(soon())
  expect(enough).toMatchObject({ reachable: true, writable: true })
  expect(new Set(enough.warnings.map(({ level }) => level))).toEqual(new Set(['ok']))
  const root = { bindDn: 'cn=admin,dc=example,dc=test', bindPassword: 'Root-Secret-4711' }
  const before = await slapd.hand.read(personDn('anna'), ['userPassword', 'entryCSN', 'mail'])
  const { warnings } = await open(root).check(soon())
  expect(await slapd.hand.read(personDn('anna'), ['userPassword', 'entryCSN', 'mail'])).toEqual(before)
  const texts = warnings.filter(({ level }) => level === 'warning').map(({ text }) => text)
  expect(texts).toEqual([
    expect.stringContaining('mail, description'),
    expect.stringContaining('manages userPassword'),
  ])
  const poor = await open({ bindDn: personDn('bert'), bindPassword: PASSWORD }).check(soon())
  expect(poor).toMatchObject({ reachable: true, writable: false })
})

test('what the policy means for people is in the report', async () => {
  const strict = await startSlapd({
    users: [{ uid: 'anna', password: PASSWORD }],
    policy: { pwdMinAge: 600, pwdSafeModify: true },
  })
  const own = createLdapDirectory(
    {
      ...{ name: 'lab', kind: 'openldap', hosts: [strict.url], ca: strict.ca, base: strict.base },
      ...{
        bindDn: strict.bindDn,
        bindPassword: strict.bindPassword,
        domains: [],
        ownDomains: [],
        protectedGroups: [],
      },
    },
    systemClock,
  )
  const { warnings, writable } = await own.check(soon())
  expect(writable).toBe(false)
  const texts = warnings.filter(({ level }) => level !== 'ok' && level !== 'unknown').map(({ text }) => text)
  expect(texts).toEqual([expect.stringContaining('pwdSafeModify'), expect.stringContaining('10 minutes')])
  await strict.stop()
})
