import { afterAll, beforeAll, expect, test } from 'vitest'
import { ldapHand } from '../../../rig/ldap-hand.ts'
import { type Samba, startSamba } from '../../../rig/samba.ts'
import type { Account } from '../../account.ts'
import type { Directory } from '../../directory.ts'
import { type Clock, hours, systemClock } from '../../lib/clock.ts'
import { createLdapDirectory, type LdapConfig } from '../ldap.ts'

const PASSWORD = 'Start-Passw0rd 1'
const soon = (): AbortSignal => AbortSignal.timeout(15_000)

let samba: Samba
let directory: Directory
const opened: Directory[] = []
const dns = new Map<string, string>()

const open = (more: Partial<LdapConfig> = {}, clock: Clock = systemClock): Directory => {
  const directory = createLdapDirectory(
    {
      ...{
        name: 'contoso',
        kind: 'active-directory',
        hosts: [samba.url],
        ca: samba.ca,
        servername: samba.servername,
      },
      ...{ bindDn: samba.bindUpn, bindPassword: samba.bindPassword, base: samba.base },
      ...{ domains: [samba.realm], netbios: 'EXAMPLE', ownDomains: [samba.realm], protectedGroups: [] },
      ...more,
    },
    clock,
  )
  opened.push(directory)
  return directory
}

const add = async (login: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
  const dn = await samba.addUser({ login, password: PASSWORD, more })
  dns.set(login, dn)
  return dn
}

beforeAll(async () => {
  samba = await startSamba()
  await samba.setDomainPolicy({ lockoutThreshold: '0' })
  directory = open()
})
afterAll(async () => {
  for (const each of opened) await each.close()
  await samba.stop()
})

async function accountOf(login: string, from = directory): Promise<Account> {
  const account = await from.find(login, soon())
  if (!account) throw new Error(`${login} was not found`)
  return account
}
const write = (password: string) => ({ password, unlock: true, key: 'k' })
const set = async (login: string, password: string) =>
  await directory.setPassword((await accountOf(login)).ref, write(password), soon())
const change = async (login: string, old: string, password: string) =>
  await directory.changePassword((await accountOf(login)).ref, { old, password, key: 'k' }, soon())
const NOT_ALLOWED = { ok: false, refusal: { reason: 'not_allowed' } }

test.each([
  ['Domain Admins', 'CN=Users'],
  ['Enterprise Admins', 'CN=Users'],
  ['Schema Admins', 'CN=Users'],
  ['Domain Controllers', 'CN=Users'],
  ['Read-only Domain Controllers', 'CN=Users'],
  ['Administrators', 'CN=Builtin'],
  ['Account Operators', 'CN=Builtin'],
  ['Server Operators', 'CN=Builtin'],
  ['Print Operators', 'CN=Builtin'],
  ['Backup Operators', 'CN=Builtin'],
  ['Replicator', 'CN=Builtin'],
])('members of %s, through another group, are never written (decisions 4.3)', async (name, place) => {
  const login = `in-${name.toLowerCase().replaceAll(' ', '-')}`.slice(0, 20)
  const between = await samba.addGroup(`between ${name}`, [await add(login)])
  await samba.addToGroup(`CN=${name},${place},${samba.base}`, [between])
  const account = await accountOf(login)
  expect(account).toMatchObject({
    privileged: true,
    protectedBecause: expect.stringContaining('privileged group'),
  })
  expect(await set(login, 'New-Passw0rd 1')).toEqual(NOT_ALLOWED)
  expect(await change(login, PASSWORD, 'New-Passw0rd 1')).toEqual(NOT_ALLOWED)
  expect((await samba.hand.tryBind(dns.get(login) ?? '', PASSWORD)).ok).toBe(true)
})

test('Administrator, krbtgt and our own account are protected, each for its own reason', async () => {
  expect((await accountOf('Administrator')).protectedBecause).toContain('500')
  expect((await accountOf('krbtgt')).protectedBecause).toContain('502')
  for (const bindDn of [samba.bindUpn, samba.bindDn, 'EXAMPLE\\svc-reset'])
    expect((await accountOf('svc-reset', open({ bindDn }))).protectedBecause).toBe(
      'the service account itself',
    )
})

test('an adminCount that was left over protects, and says so', async () => {
  const dn = await add('left-over')
  await samba.hand.replace(dn, { adminCount: '1' })
  expect((await accountOf('left-over')).protectedBecause).toContain('left over')
  expect(await set('left-over', 'New-Passw0rd 1')).toEqual(NOT_ALLOWED)
})

test('computers and contacts are nobody', async () => {
  await samba.hand.add(`CN=PC1,CN=Computers,${samba.base}`, {
    ...{ objectClass: 'computer', sAMAccountName: 'PC1$', userAccountControl: '4096' },
  })
  await samba.hand.add(`CN=Contact,${samba.staff}`, { objectClass: 'contact', mail: 'contact@example.org' })
  for (const login of ['PC1$', 'contact@example.org', 'DC1$'])
    expect(await directory.find(login, soon())).toBeNull()
})

test('groups are told by SID, DN and name, nested and primary; a protected one may be named in any way', async () => {
  const inner = await samba.addGroup('Team', [await add('grouped')])
  const outer = await samba.addGroup('Everyone Here', [inner])
  const { groups, protectedBecause } = await accountOf('grouped')
  expect(groups).toEqual(
    expect.arrayContaining([inner, 'Team', outer, 'Everyone Here', 'Domain Users', 'S-1-5-32-545']),
  )
  expect(protectedBecause).toBeNull()
  const sid = groups[groups.indexOf('Everyone Here') - 2] ?? ''
  for (const name of [outer.toLowerCase(), 'everyone here', sid])
    expect((await accountOf('grouped', open({ protectedGroups: [name] }))).protectedBecause).toBe(
      `member of ${name}`,
    )
})

test('members of a primary group are listed, and distribution groups are not offered', async () => {
  await samba.hand.add(`CN=Letters,${samba.staff}`, {
    objectClass: 'group',
    sAMAccountName: 'Letters',
    groupType: '2',
  })
  expect((await directory.groups('Letters', null, soon())).items).toEqual([])
  const domainUsers = `CN=Domain Users,CN=Users,${samba.base}`
  const { items } = await directory.members(domainUsers, null, soon())
  expect(items.map(({ login }) => login)).toContain(`grouped@${samba.realm}`)
})

test('a login that the directory folds further than people do is nobody (DIR-22)', async () => {
  await add('カナ', { userPrincipalName: `kana@${samba.realm}` })
  expect((await directory.find('カナ', soon()))?.login).toBe(`kana@${samba.realm}`)
  expect(await directory.find('かな', soon())).toBeNull()
})

test('a UPN comes before the account name of somebody else, as at a domain controller', async () => {
  const domains = [samba.realm, 'corp.example.org']
  await add('jane.doe', { userPrincipalName: 'jd@corp.example.org' })
  await add('jd', { userPrincipalName: `john.doe@${samba.realm}` })
  const both = open({ domains })
  expect((await accountOf('jd@corp.example.org', both)).login).toBe('jd@corp.example.org')
  expect((await accountOf(`jane.doe@${samba.realm}`, both)).login).toBe('jd@corp.example.org')
  for (const login of ['jd', 'EXAMPLE\\jd', `jd@${samba.realm}`])
    expect((await accountOf(login, both)).login).toBe(`john.doe@${samba.realm}`)
})

test('addresses in proxyAddresses are logins, and mail', async () => {
  await samba.hand.replace(await add('proxied'), {
    proxyAddresses: ['SMTP:main@example.org', 'smtp:other@example.org', 'x500:/o=x'],
  })
  for (const login of ['main@example.org', 'OTHER@example.org'])
    expect((await accountOf(login)).login).toContain('proxied@')
  expect((await accountOf('proxied')).mail).toEqual([
    'proxied@example.org',
    'main@example.org',
    'other@example.org',
  ])
})

test('an account that has ended, or whose status may not be read, is not written', async () => {
  await samba.expireAccount(await add('ended'))
  expect((await accountOf('ended')).status).toBe('expired')
  expect(await set('ended', 'New-Passw0rd 1')).toEqual(NOT_ALLOWED)
  const dn = await add('hidden')
  samba.tool(
    'dsacl',
    'set',
    '--action=deny',
    `--objectdn=${dn}`,
    `--sddl=(OD;;RP;bf967a68-0de6-11d0-a285-00aa003049e2;;AU)`,
  )
  expect((await accountOf('hidden')).status).toBe('disabled')
  expect(await set('hidden', 'New-Passw0rd 1')).toEqual(NOT_ALLOWED)
})

test('outside the unit that was delegated a reset is refused, and nothing changes', async () => {
  const dn = await samba.addUser({ login: 'outside', password: PASSWORD, parent: `CN=Users,${samba.base}` })
  expect(await set('outside', 'New-Passw0rd 1')).toEqual(NOT_ALLOWED)
  expect((await samba.hand.tryBind(dn, PASSWORD)).ok).toBe(true)
})

test('the base bounds whom there is', async () => {
  const staff = open({ base: samba.staff })
  expect(await staff.find('outside', soon())).toBeNull()
  expect(await staff.read((await accountOf('outside')).ref, soon())).toBeNull()
})

test('the domain tells its rules; a fine-grained policy that may not be read leaves none', async () => {
  await samba.setDomainPolicy({ minPwdLength: '10', pwdHistoryLength: '5' })
  await add('ruled')
  expect((await accountOf('ruled')).rules).toEqual([
    { name: 'min_length', value: 10 },
    { name: 'history', value: 5 },
    { name: 'character_kinds', value: 3 },
    { name: 'no_name' },
  ])
  expect(await set('ruled', 'Nine-is 1')).toEqual({ ok: false, refusal: { reason: 'too_short', value: 10 } })
  expect(await set('ruled', 'only small letters')).toEqual({ ok: false, refusal: { reason: 'not_complex' } })
  await samba.addPolicy('strict', await add('strict'), { precedence: 10, minLength: 16 })
  expect(await accountOf('strict')).toMatchObject({
    rules: null,
    tooYoungUntil: null,
    lockoutThreshold: null,
  })
  expect(await set('strict', 'Fifteen-chars-1')).toEqual({ ok: false, refusal: { reason: 'policy' } })
})

test('a change is bound by the minimum age and the history; a reset is not, and the report says so', async () => {
  await add('changing')
  await samba.setDomainPolicy({ minPwdAge: '-36000000000' })
  const account = await accountOf('changing')
  const until = (account.passwordChangedAt ?? 0) + hours(1)
  expect(await change('changing', PASSWORD, 'Second-Passw0rd 2')).toEqual({
    ok: false,
    refusal: { reason: 'too_young', until },
  })
  expect(account.tooYoungUntil).toBeNull()
  expect(await set('changing', 'Second-Passw0rd 2')).toEqual({ ok: true })
  const { warnings } = await directory.check(soon())
  expect(warnings.map(({ text }) => text)).toEqual(
    expect.arrayContaining([expect.stringContaining('policy hints'), expect.stringContaining('1 hours')]),
  )
  await samba.setDomainPolicy({ minPwdAge: '0' })
  expect(await change('changing', 'Second-Passw0rd 2', 'Second-Passw0rd 2')).toEqual({
    ok: false,
    refusal: { reason: 'same_as_current' },
  })
  expect(await change('changing', 'Second-Passw0rd 2', PASSWORD)).toEqual({
    ok: false,
    refusal: { reason: 'policy' },
  })
  expect(await set('changing', PASSWORD)).toEqual({ ok: true })
})

test('one wrong old password counts once against the account (RL-13)', async () => {
  await samba.setDomainPolicy({ lockoutThreshold: '10' })
  const dn = await add('counted')
  const count = async () => (await samba.hand.read(dn, ['badPwdCount']))['badPwdCount']
  expect(await change('counted', 'Wrong-Passw0rd 1', 'New-Passw0rd 1')).toEqual({
    ok: false,
    refusal: 'wrong_old',
  })
  expect(await count()).toEqual(['1'])
  expect(await set('counted', 'x')).toMatchObject({ ok: false })
  expect(await count()).toEqual(['1'])
  expect((await accountOf('counted')).lockoutThreshold).toBe(10)
})

test('what the report says of a service account that may do too much, or too little', async () => {
  const levels = async (more: Partial<LdapConfig>) => await open({ base: samba.staff, ...more }).check(soon())
  const admin = await levels({ bindDn: samba.adminDn, bindPassword: samba.adminPassword })
  expect(admin.warnings).toContainEqual({
    level: 'warning',
    text: expect.stringContaining('userAccountControl'),
  })
  const poor = await levels({ bindDn: dns.get('ruled') ?? '', bindPassword: PASSWORD })
  expect(poor).toMatchObject({ reachable: true, writable: false })
  expect(poor.warnings).toContainEqual({ level: 'error', text: expect.stringContaining('may not reset') })
  const service = await levels({})
  expect(service.writable).toBe(true)
  expect(service.warnings).toContainEqual({ level: 'ok', text: 'the service account may reset passwords' })
})

test('a must-change that was set meanwhile leaves a lost answer open', async () => {
  await add('marked')
  const account = await accountOf('marked')
  await samba.mustChange(dns.get('marked') ?? '')
  expect(await directory.outcome(account.ref, account.mark, soon())).toBe('unknown')
})

test('a password goes over in one modification, and the plain attribute is never touched', async () => {
  await add('plain')
  await set('plain', 'Never-In-Plain 1')
  const stored = await samba.hand.read(dns.get('plain') ?? '', ['userPassword', 'description', 'unicodePwd'])
  expect(stored).toEqual({ userPassword: [], description: [], unicodePwd: [] })
  const service = ldapHand(samba, samba.bindDn, samba.bindPassword)
  await expect(service.replace(dns.get('plain') ?? '', { displayName: 'x' })).rejects.toMatchObject({
    code: 50,
  })
})
