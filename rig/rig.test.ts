// Every server of the rig starts, serves what a test needs of it, and dies: by itself and with its process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'ldapts'
import { expect, test } from 'vitest'
import { launchBrowser } from './browser.ts'
import { accepts, freePortPair, isAlive } from './child.ts'
import { ldapHand } from './ldap-hand.ts'
import { unknownAuthority } from './pki.ts'
import { query, startPostgres } from './postgres.ts'
import { startSamba } from './samba.ts'
import { quoted } from './samba-people.ts'
import { personDn, startSlapd } from './slapd.ts'

const PASSWORD = 'Start-Passw0rd-1'
const anna = personDn('anna')

test('a port pair lies below the ports of outgoing connections', async () => {
  expect(await freePortPair()).toBeLessThan(32_767)
})

test('slapd serves its people, its groups and its policies over TLS, and leaves nothing behind', async () => {
  const slapd = await startSlapd({
    users: [{ uid: 'anna', cn: 'Anna Müller', password: PASSWORD, policy: 'strict' }],
    policies: { strict: { pwdMinLength: 16 } },
  })
  const inner = await slapd.addGroup('inner', [anna])
  await slapd.addGroup('outer', [inner])
  const found = await slapd.hand.read(anna, ['cn', 'memberOf', 'pwdPolicySubentry'])
  expect(found).toMatchObject({ cn: ['Anna Müller'], memberOf: [inner] })
  expect(found['pwdPolicySubentry']?.[0]).toContain('cn=strict')
  expect((await slapd.hand.tryBind(anna, PASSWORD)).ok).toBe(true)
  expect((await slapd.hand.tryBind(anna, 'wrong')).ok).toBe(false)
  await slapd.stop()
  expect(isAlive(slapd.pid)).toBe(false)
  expect(existsSync(dirname(slapd.caFile))).toBe(false)
})

test('the service account of slapd obeys the policy, and writes what an unlock and a forced change need', async () => {
  const slapd = await startSlapd({ users: [{ uid: 'anna', password: PASSWORD }] })
  const service = ldapHand(slapd, slapd.bindDn, slapd.bindPassword)
  await expect(service.replace(anna, { userPassword: 'short' })).rejects.toMatchObject({ code: 19 })
  await service.replace(anna, { userPassword: 'Other-Passw0rd-2', pwdReset: 'TRUE' })
  await expect(service.replace(anna, { sn: 'Else' })).rejects.toMatchObject({ code: 50 })
  for (let tries = 0; tries < 3; tries++) await slapd.hand.tryBind(anna, 'wrong')
  expect((await slapd.hand.tryBind(anna, 'Other-Passw0rd-2')).ok).toBe(false)
  await service.replace(anna, { pwdAccountLockedTime: [] })
  expect((await slapd.hand.tryBind(anna, 'Other-Passw0rd-2')).ok).toBe(true)
  await slapd.stop()
})

test('slapd takes StartTLS, and comes back after a restart with what it knew', async () => {
  const slapd = await startSlapd({ users: [{ uid: 'anna', password: PASSWORD }] })
  await slapd.restart()
  const client = new Client({ url: slapd.startTlsUrl, timeout: 5_000, connectTimeout: 5_000 })
  await client.startTLS({ ca: [slapd.ca], servername: slapd.servername })
  await client.bind(anna, PASSWORD)
  expect(client.isConnected).toBe(true)
  await client.unbind()
  await slapd.stop()
})

test.each([
  { certificate: 'expired', code: 'CERT_HAS_EXPIRED' },
  { certificate: 'wrong_name', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  { certificate: 'unknown_ca', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
] as const)('a client refuses a certificate that is $certificate', async ({ certificate, code }) => {
  const slapd = await startSlapd({ users: [{ uid: 'anna', password: PASSWORD }], certificate })
  const client = new Client({
    url: slapd.url,
    timeout: 5_000,
    connectTimeout: 5_000,
    tlsOptions: { ca: [slapd.ca] },
  })
  await expect(client.bind(anna, PASSWORD)).rejects.toMatchObject({ code })
  expect((await slapd.hand.tryBind(anna, PASSWORD)).ok).toBe(true)
  await slapd.stop()
})

test('a client that trusts another authority refuses slapd', async () => {
  const slapd = await startSlapd({ users: [{ uid: 'anna', password: PASSWORD }] })
  const stranger = unknownAuthority(dirname(slapd.caFile))
  const refused = await ldapHand({ ...slapd, ca: stranger }, anna, PASSWORD).tryBind(anna, PASSWORD)
  expect(refused).toMatchObject({ ok: false })
  expect(refused.why).toMatch(/certificate/)
  await slapd.stop()
})

test('two domain controllers stand side by side, each with its own people', async () => {
  const [here, there] = await Promise.all([startSamba(), startSamba()])
  const dn = await here.addUser({ login: 'anna', cn: 'Anna Müller', password: PASSWORD })
  expect(here.ip).not.toBe(there.ip)
  expect((await here.hand.tryBind(`anna@${here.realm}`, PASSWORD)).ok).toBe(true)
  expect((await there.hand.tryBind(dn, PASSWORD)).ok).toBe(false)
  await Promise.all([here.stop(), there.stop()])
  expect([here, there].some(each => isAlive(each.pid))).toBe(false)
  expect(existsSync(dirname(here.caFile))).toBe(false)
})

test('what befalls people of a domain shows in the sub-code of a bind', async () => {
  const samba = await startSamba()
  const cases = [
    { code: '533', befall: samba.disable },
    { code: '701', befall: samba.expireAccount },
    { code: '773', befall: samba.mustChange },
    { code: '532', befall: samba.expirePassword },
    { code: '775', befall: samba.lock },
  ]
  for (const { code, befall } of cases) {
    const dn = await samba.addUser({ login: `person${code}`, password: PASSWORD })
    await befall(dn)
    expect(await samba.hand.tryBind(dn, PASSWORD)).toMatchObject({
      why: expect.stringContaining(`data ${code}`),
    })
  }
  await samba.stop()
})

test('the service account of a domain resets and unlocks in Staff, there only, and nothing else', async () => {
  const samba = await startSamba()
  const dn = await samba.addUser({ login: 'anna', password: PASSWORD })
  const outside = await samba.addUser({ login: 'bob', password: PASSWORD, parent: `CN=Users,${samba.base}` })
  const service = ldapHand(samba, samba.bindUpn, samba.bindPassword)
  await samba.lock(dn)
  await service.replace(dn, { unicodePwd: quoted('Other-Passw0rd-2'), lockoutTime: '0' })
  expect((await samba.hand.tryBind(dn, 'Other-Passw0rd-2')).ok).toBe(true)
  expect((await samba.hand.tryBind(dn, PASSWORD)).ok).toBe(false)
  await expect(service.replace(dn, { displayName: 'x' })).rejects.toMatchObject({ code: 50 })
  const elsewhere = service.replace(outside, { unicodePwd: quoted('Other-Passw0rd-2') })
  await expect(elsewhere).rejects.toMatchObject({ code: 50 })
  await samba.stop()
})

test('a shielded account refuses the service account, whatever its unit grants', async () => {
  const samba = await startSamba()
  const dn = await samba.addUser({ login: 'anna', password: PASSWORD })
  const service = ldapHand(samba, samba.bindUpn, samba.bindPassword)
  await service.replace(dn, { lockoutTime: '0' })
  await samba.shield(dn)
  await expect(service.replace(dn, { lockoutTime: '0' })).rejects.toMatchObject({ code: 50 })
  expect(await samba.hand.read(dn, ['adminCount'])).toEqual({ adminCount: ['1'] })
  await samba.stop()
})

test('a fine-grained policy holds for the members of its group', async () => {
  const samba = await startSamba()
  const dn = await samba.addUser({ login: 'anna', password: PASSWORD })
  const group = await samba.addGroup('Strict', [dn])
  await samba.addPolicy('strict', group, { precedence: 10, minLength: 20 })
  await expect(samba.setPassword(dn, 'Only-19-Characters!')).rejects.toMatchObject({ code: 19 })
  expect(samba.tool('group', 'listmembers', 'Strict').trim()).toBe('anna')
  await samba.stop()
})

test('PostgreSQL gives each test a database of its own', async () => {
  const postgres = await startPostgres()
  const [one, two] = [await postgres.freshDatabase(), await postgres.freshDatabase()]
  await query(one, 'create table seen (id int)')
  const there = await query(two, `select to_regclass('seen') as found`)
  expect(there.rows).toEqual([{ found: null }])
  await postgres.stop()
  expect(isAlive(postgres.pid)).toBe(false)
})

test('the browser opens pages of this machine and resolves no other name', async () => {
  const browser = await launchBrowser()
  const page = await browser.newPage()
  await page.setContent('<h1>Passwort zurücksetzen</h1>')
  expect(await page.textContent('h1')).toBe('Passwort zurücksetzen')
  // Without our rule Chromium takes every name below localhost for this machine, with or without a DNS.
  await expect(page.goto('http://other.localhost:15000/')).rejects.toThrow('ERR_NAME_NOT_RESOLVED')
  await browser.close()
})

test('every server dies when the process that started it is killed without warning', async () => {
  const starter = fileURLToPath(new URL('start-and-wait.ts', import.meta.url))
  const owner = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pids = JSON.parse(await firstLine(owner)) as number[] // as: start-and-wait.ts prints this
  expect(pids.map(isAlive)).toEqual([true, true, true])
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([])
})

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the child has no output')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return String(line)
}

test('nobody listens where a stopped slapd listened', async () => {
  const slapd = await startSlapd()
  expect(await accepts(slapd.port)).toBe(true)
  await slapd.stop()
  expect(await accepts(slapd.port)).toBe(false)
})
