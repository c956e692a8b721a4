import { afterAll, beforeAll, expect, test } from 'vitest'
import { ldapHand } from '../../../rig/ldap-hand.ts'
import { groupDn, type Person, personDn, policyDn, type Slapd, startSlapd } from '../../../rig/slapd.ts'
import type { Account } from '../../account.ts'
import type { Directory } from '../../directory.ts'
import { hours, systemClock } from '../../lib/clock.ts'
import { createLdapDirectory, type LdapConfig, type LdapLog } from '../ldap.ts'

const PASSWORD = 'Start-Passw0rd 1'
const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const PROTECTED = groupDn('owners')

const people: readonly Person[] = [
  { uid: 'anna', cn: 'Anna Müller', givenName: 'Anna', sn: 'Müller', password: PASSWORD },
  { uid: 'bert', password: PASSWORD },
  { uid: 'young', password: PASSWORD, policy: 'young', passwordChangedAt: new Date(Date.now() - 60_000) },
  { uid: 'safe', password: PASSWORD, policy: 'safe' },
  { uid: 'short', password: PASSWORD, policy: 'short' },
  {
    uid: 'ended',
    password: PASSWORD,
    more: { pwdEndTime: '20200101000000Z' },
  },
  { uid: 'double space', password: PASSWORD },
  {
    uid: 'mapped',
    password: PASSWORD,
    mail: ['mapped@example.test', 'Mapped@Home.example.org'],
    more: {
      description: ['private@elsewhere.example.org', 'me@mail.example.test', 'no address', 'a b@example.org'],
      preferredLanguage: 'de-CH',
    },
  },
  { uid: 'robot', password: PASSWORD, more: { employeeType: 'robot' } },
]

let slapd: Slapd
let directory: Directory
const opened: Directory[] = []

const configOf = (more: Partial<LdapConfig> = {}): LdapConfig => ({
  ...{ name: 'lab', kind: 'openldap', hosts: [slapd.url], ca: slapd.ca, base: slapd.base },
  ...{ bindDn: slapd.bindDn, bindPassword: slapd.bindPassword, policyDn: policyDn('default') },
  ...{
    domains: ['example.test'],
    netbios: 'LAB',
    ownDomains: ['example.test'],
    protectedGroups: [PROTECTED],
  },
  userFilter: '(!(employeeType=robot))',
  ...more,
})

const open = (more: Partial<LdapConfig> = {}): Directory => {
  const directory = createLdapDirectory(configOf(more), systemClock)
  opened.push(directory)
  return directory
}

beforeAll(async () => {
  slapd = await startSlapd({
    users: people,
    policies: {
      young: { pwdMinAge: 3600 },
      safe: { pwdSafeModify: true },
      short: { pwdMaxLength: 20 },
    },
  })
  directory = open()
})
afterAll(async () => {
  for (const each of opened) await each.close()
  await slapd.stop()
})

async function accountOf(login: string): Promise<Account> {
  const account = await directory.find(login, soon())
  if (!account) throw new Error(`${login} was not found`)
  return account
}
const set = async (login: string, password: string) =>
  await directory.setPassword((await accountOf(login)).ref, { password, unlock: true, key: 'k' }, soon())

test('an account says all that is in the entry', async () => {
  expect(await accountOf('anna')).toMatchObject({
    ...{ login: 'anna', displayName: 'Anna Müller', mail: ['anna@example.test'], locale: null },
    ...{ names: ['Anna', 'Müller', 'Anna Müller', 'anna'], lockoutThreshold: 3 },
    rules: [
      { name: 'min_length', value: 8 },
      { name: 'history', value: 3 },
    ],
  })
})

test('contacts are the mapped addresses outside our own domains, in the order they are mapped', async () => {
  const mapped = open({ attributes: { recoveryEmail: ['description', 'mail'] } })
  const account = await mapped.find('mapped', soon())
  expect(account?.locale).toBe('de-CH')
  expect(account?.contacts).toEqual([
    { method: 'email', attribute: 'description', address: 'private@elsewhere.example.org' },
    { method: 'email', attribute: 'mail', address: 'Mapped@home.example.org' },
  ])
  expect((await accountOf('mapped')).contacts).toEqual([])
})

test('the name with our domain around it is the name, and a stranger domain is nobody', async () => {
  const { ref } = await accountOf('anna')
  for (const login of ['LAB\\anna', 'lab\\ANNA', 'anna@EXAMPLE.test'])
    expect((await directory.find(login, soon()))?.ref).toEqual(ref)
  for (const login of ['OTHER\\anna', 'anna@example.org', 'LAB\\nobody', '\\anna'])
    expect(await directory.find(login, soon())).toBeNull()
})

test('the directory joins spaces; what is used afterwards is what is stored (DIR-22)', async () => {
  expect((await accountOf('double   space')).login).toBe('double space')
})

test("whom the operator's filter leaves out is nobody", async () => {
  expect(await directory.find('robot', soon())).toBeNull()
  expect((await open({ userFilter: undefined }).find('robot', soon()))?.login).toBe('robot')
})

test('an account that has ended is not written', async () => {
  expect((await accountOf('ended')).status).toBe('expired')
  expect(await set('ended', 'New-Passw0rd 1')).toEqual({ ok: false, refusal: { reason: 'not_allowed' } })
})

test('history holds for resets too, the current password among it', async () => {
  expect(directory.can.historyOnReset).toBe(true)
  expect(await set('anna', 'First-Passw0rd 1')).toEqual({ ok: true })
  for (const password of ['First-Passw0rd 1', PASSWORD])
    expect(await set('anna', password)).toEqual({ ok: false, refusal: { reason: 'in_history' } })
})

test('a password that is too young is told beforehand, and until when', async () => {
  const account = await accountOf('young')
  const until = account.tooYoungUntil ?? 0
  expect(until - (account.passwordChangedAt ?? 0)).toBe(hours(1))
  expect(await set('young', 'New-Passw0rd 1')).toEqual({ ok: false, refusal: { reason: 'too_young', until } })
})

test('refusals of the policy have their names', async () => {
  expect(await set('short', 'x'.repeat(21))).toEqual({
    ok: false,
    refusal: { reason: 'too_long', value: 20 },
  })
  expect(await set('safe', 'New-Passw0rd 1')).toEqual({ ok: false, refusal: { reason: 'not_allowed' } })
  const { ref } = await accountOf('safe')
  const change = { old: PASSWORD, password: 'New-Passw0rd 1', key: 'k' }
  expect(await directory.changePassword(ref, change, soon())).toEqual({ ok: true })
})

test('groups above a group count, as deep as five, and in a circle', async () => {
  let inner = await slapd.addGroup('level1', [personDn('bert')])
  for (const level of [2, 3, 4]) inner = await slapd.addGroup(`level${level}`, [inner])
  await slapd.hand.append(groupDn('level1'), { member: inner })
  const { groups, protectedBecause } = await accountOf('bert')
  for (const level of [1, 2, 3, 4])
    expect(groups).toEqual(expect.arrayContaining([`level${level}`, groupDn(`level${level}`)]))
  expect(protectedBecause).toBeNull()
  await slapd.addGroup('owners', [inner])
  expect((await accountOf('bert')).protectedBecause).toBe(`member of ${PROTECTED}`)
  expect(await set('bert', 'New-Passw0rd 1')).toEqual({ ok: false, refusal: { reason: 'not_allowed' } })
  await slapd.hand.remove(PROTECTED)
})

test('who is in more levels of groups than are read is protected where groups are', async () => {
  let inner = await slapd.addGroup('deep1', [personDn('mapped')])
  for (const level of [2, 3, 4, 5, 6]) inner = await slapd.addGroup(`deep${level}`, [inner])
  expect((await accountOf('mapped')).protectedBecause).toMatch(/more groups/)
  expect((await open({ protectedGroups: [] }).find('mapped', soon()))?.protectedBecause).toBeNull()
})

test('a group may be protected by its name, in any case', async () => {
  await slapd.addGroup('payroll', [personDn('short')])
  for (const name of ['Payroll', groupDn('PAYROLL').replace(',', ', ')])
    expect((await open({ protectedGroups: [name] }).find('short', soon()))?.protectedBecause).toBe(
      `member of ${name}`,
    )
})

test('our own account is never written', async () => {
  const service = open({ bindDn: personDn('anna'), bindPassword: 'First-Passw0rd 1' })
  const account = await service.find('anna', soon())
  expect(account?.protectedBecause).toBe('the service account itself')
})

test('a missing right is a refusal and not an error', async () => {
  const poor = open({ bindDn: personDn('anna'), bindPassword: 'First-Passw0rd 1' })
  const { ref } = await accountOf('short')
  const write = { password: 'New-Passw0rd 1', unlock: true, key: 'k' }
  expect(await poor.setPassword(ref, write, soon())).toEqual({
    ok: false,
    refusal: { reason: 'not_allowed' },
  })
})

test('binds of people never change whose rights the service has', async () => {
  const { ref } = await accountOf('short')
  for (let times = 0; times < 6; times++)
    expect(await directory.authenticate(ref, PASSWORD, soon())).toBe('yes')
  expect(await set('mapped', 'New-Passw0rd 1')).toMatchObject({ ok: false })
  expect(await set('short', 'Short-Passw0rd 1')).toEqual({ ok: true })
})

test('resets leave the count of wrong passwords alone until one succeeds (RL-08)', async () => {
  const dn = personDn('double space')
  await slapd.hand.tryBind(dn, 'Wrong-Passw0rd 1')
  const counted = async () => (await slapd.hand.read(dn, ['pwdFailureTime']))['pwdFailureTime']?.length
  for (let times = 0; times < 10; times++) await set('double space', 'short')
  expect(await counted()).toBe(1)
  await set('double space', 'Enough-Passw0rd 1')
  expect(await counted()).toBe(0)
})

test('the log has numbers and the name of the attempt, and nothing of the person or the directory', async () => {
  const lines: string[] = []
  const log: LdapLog = (event, detail) => lines.push(JSON.stringify({ event, ...detail }))
  const own = createLdapDirectory(configOf(), systemClock, log)
  opened.push(own)
  const { ref } = await accountOf('short')
  const change = { old: 'Wrong-Passw0rd 1', password: 'Canary-Passw0rd 77', key: 'attempt-1' }
  await own.changePassword(ref, change, soon())
  await own.setPassword(ref, { password: 'shorty', unlock: true, key: 'attempt-2' }, soon())
  expect(lines).toEqual([
    JSON.stringify({
      event: 'directory_answered_write',
      server: slapd.url,
      key: 'attempt-2',
      code: 19,
      policyError: 6,
      win32: -1,
    }),
  ])
})

test('more calls than connections wait their turn, and one too many is turned away', async () => {
  const busy = open()
  const calls = Array.from({ length: 140 }, () => busy.find('anna', soon()))
  const settled = await Promise.allSettled(calls)
  const answered = settled.filter(({ status }) => status === 'fulfilled')
  expect(answered.length).toBeGreaterThanOrEqual(100)
  const turnedAway = settled.flatMap(each => (each.status === 'rejected' ? [each.reason] : []))
  expect(turnedAway.length).toBeGreaterThan(0)
  for (const reason of turnedAway) expect(reason).toMatchObject({ name: 'DirectoryError', sent: false })
})

test('a server that closed idle connections, or was started anew, is simply asked again', async () => {
  const { ref } = await accountOf('anna')
  await slapd.restart()
  expect((await directory.read(ref, soon()))?.ref).toEqual(ref)
  await slapd.restart()
  expect(await set('anna', 'After-Restart 1')).toEqual({ ok: true })
  expect(
    (await ldapHand(slapd, personDn('anna'), 'After-Restart 1').tryBind(personDn('anna'), 'After-Restart 1'))
      .ok,
  ).toBe(true)
})
