import { afterEach, expect, test } from 'vitest'
import type { Clock } from '../../lib/clock.ts'
import { createLdapDirectory, type LdapConfig } from '../ldap.ts'
import { guidBytes, sidBytes } from './binary-ids.ts'
import { type Double, type Request, type Response, startDouble } from './conformance-double.ts'

const soon = (): AbortSignal => AbortSignal.timeout(8_000)
const ID = '33221100-5544-7766-8899-aabbccddeeff'
const REF = { directory: 'contoso', id: ID }
const WRITE = { password: 'New-Passw0rd 1', unlock: true, key: 'k' }
const HINTS = '1.2.840.113556.1.4.2239'
const DOMAIN = 'S-1-5-21-1-2-3'

type Controller = {
  readonly name: string
  /** Who it believes to be the PDC emulator. */
  readonly owner?: string
  readonly controls?: readonly string[]
  readonly readOnly?: boolean
  readonly modify?: Response
}

const doubles: Double[] = []
afterEach(async () => {
  for (const double of doubles.splice(0)) await double.stop()
})

/** A domain controller with one person, Anna. */
async function controller(options: Controller): Promise<Double> {
  const answer = ({ operation, dn, bytes }: Request): Response => {
    if (operation === 'modify') return options.modify ?? {}
    if (operation !== 'search') return {}
    if (bytes.includes('nobody')) return {}
    if (dn === '') return { entries: [{ dn: '', values: rootOf(options) }] }
    if (bytes.includes('fSMORoleOwner'))
      return { entries: [{ dn, values: { fSMORoleOwner: [settingsOf(options.owner ?? '')] } }] }
    if (bytes.includes('tokenGroups'))
      return { entries: [{ dn, values: { tokenGroups: [sidBytes(`${DOMAIN}-513`) ?? ''] } }] }
    if (bytes.includes('minPwdLength'))
      return { entries: [{ dn, values: { minPwdLength: ['7'], minPwdAge: ['-36000000000'] } }] }
    return bytes.includes('unicodePwd') || bytes.includes('objectGUID') ? { entries: [ANNA] } : {}
  }
  const double = await startDouble(answer)
  doubles.push(double)
  return double
}

const settingsOf = (name: string): string =>
  `CN=NTDS Settings,CN=${name},CN=Servers,CN=Sites,DC=example,DC=test`

const rootOf = ({ name, controls, readOnly }: Controller) => ({
  defaultNamingContext: ['DC=example,DC=test'],
  dsServiceName: [settingsOf(name)],
  supportedControl: controls ?? [],
  supportedCapabilities: readOnly ? ['1.2.840.113556.1.4.1920'] : [],
})

const ANNA = {
  dn: 'CN=Anna,DC=example,DC=test',
  values: {
    objectGUID: [guidBytes(ID) ?? ''],
    objectSid: [sidBytes(`${DOMAIN}-1105`) ?? ''],
    userPrincipalName: ['anna@example.test'],
    sAMAccountName: ['anna'],
    userAccountControl: ['512'],
    pwdLastSet: ['134000000000000000'],
    lockoutTime: ['134000000000000001'],
  },
}

/** The very hour in which Anna's password was set. */
const clock: Clock = { now: () => 1_755_526_400_000 }

const directoryOf = (servers: readonly Double[], more: Partial<LdapConfig> = {}) =>
  createLdapDirectory(
    {
      ...{
        name: 'contoso',
        kind: 'active-directory',
        hosts: servers.map(({ url }) => url),
        base: 'DC=example,DC=test',
      },
      ...{ ca: servers.map(({ ca }) => ca).join('\n'), bindDn: 'svc@example.test', bindPassword: 'secret' },
      ...{ domains: ['example.test'], ownDomains: [], protectedGroups: [] },
      ...more,
    },
    clock,
  )

const writesOf = (double: Double): readonly Request[] =>
  double.requests.filter(({ operation }) => operation === 'modify')

test('a write goes to the PDC emulator, wherever it stands in the list', async () => {
  const [one, two] = [
    await controller({ name: 'DC1', owner: 'DC2' }),
    await controller({ name: 'DC2', owner: 'DC2' }),
  ]
  const directory = directoryOf([one, two])
  const account = await directory.read(REF, soon())
  expect(account?.mark).toContain(two.url)
  expect(await directory.setPassword(REF, WRITE, soon())).toEqual({ ok: true })
  expect([writesOf(one).length, writesOf(two).length]).toEqual([0, 1])
  await directory.close()
})

test('reads go on with another server; a mark is compared on its own server or not at all', async () => {
  const [one, two] = [
    await controller({ name: 'DC1', owner: 'DC2' }),
    await controller({ name: 'DC2', owner: 'DC2' }),
  ]
  const directory = directoryOf([one, two])
  const account = await directory.find('anna', soon())
  await two.stop()
  doubles.splice(doubles.indexOf(two), 1)
  expect((await directory.find('anna', soon()))?.ref).toEqual(REF)
  await expect(directory.outcome(REF, account?.mark ?? '', soon())).rejects.toMatchObject({ sent: false })
  expect(
    await directory.outcome(REF, JSON.stringify({ server: 'ldaps://gone', changed: '1', last: '' }), soon()),
  ).toBe('unknown')
  expect(await directory.setPassword(REF, WRITE, soon())).toEqual({ ok: true })
  expect(writesOf(one).length).toBe(1)
  await directory.close()
})

test('a read-only controller is never written, even where it is alone', async () => {
  const [readOnly, other] = [
    await controller({ name: 'DC1', readOnly: true }),
    await controller({ name: 'DC2' }),
  ]
  const both = directoryOf([readOnly, other])
  expect(await both.setPassword(REF, WRITE, soon())).toEqual({ ok: true })
  expect([writesOf(readOnly).length, writesOf(other).length]).toEqual([0, 1])
  const alone = directoryOf([readOnly])
  await expect(alone.setPassword(REF, WRITE, soon())).rejects.toMatchObject({ sent: false })
  expect(await alone.check(soon())).toMatchObject({ reachable: true, writable: false })
  expect(writesOf(readOnly).length).toBe(0)
  await Promise.all([both.close(), alone.close()])
})

test('a referral is not followed: nothing was written, and the next write goes elsewhere', async () => {
  const referral = { code: 10, text: 'ldap://elsewhere.example.test' }
  const [one, two] = [await controller({ name: 'DC1', modify: referral }), await controller({ name: 'DC2' })]
  const directory = directoryOf([one, two])
  const first = await directory.setPassword(REF, WRITE, soon()).catch((error: unknown) => error)
  expect(first).toEqual({ ok: true })
  expect([writesOf(one).length, writesOf(two).length]).toEqual([1, 1])
  expect(await directory.setPassword(REF, WRITE, soon())).toEqual({ ok: true })
  expect([writesOf(one).length, writesOf(two).length]).toEqual([1, 2])
  await directory.close()
})

test('once a write has left it is never made again, here or elsewhere', async () => {
  const first = await controller({ name: 'DC1', owner: 'DC1', modify: { code: 80 } })
  const second = await controller({ name: 'DC2', owner: 'DC1' })
  const directory = directoryOf([first, second])
  await expect(directory.setPassword(REF, WRITE, soon())).rejects.toMatchObject({ sent: true })
  expect([writesOf(first).length, writesOf(second).length]).toEqual([1, 0])
  await directory.close()
})

test('policy hints go with a reset where the server announces them, and are critical', async () => {
  const server = await controller({ name: 'DC1', controls: [HINTS] })
  const directory = directoryOf([server])
  await directory.read(REF, soon())
  expect(directory.can.historyOnReset).toBe(true)
  expect(await directory.setPassword(REF, WRITE, soon())).toEqual({ ok: true })
  const [write] = writesOf(server)
  expect(write?.controls).toEqual([HINTS])
  // Critical TRUE, then the value: SEQUENCE { INTEGER 1 } (MS-ADTS 3.1.1.3.4.1.27).
  expect(
    write?.bytes.includes(Buffer.from([0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x02, 0x01, 0x01])),
  ).toBe(true)
  expect(write?.bytes.includes(Buffer.from(`"${WRITE.password}"`, 'utf16le'))).toBe(true)
  expect(write?.bytes.includes('lockoutTime')).toBe(true)
  await directory.close()
})

test('the older number of policy hints is used where it is the only one', async () => {
  const server = await controller({ name: 'DC1', controls: ['1.2.840.113556.1.4.2066'] })
  const directory = directoryOf([server])
  await directory.setPassword(REF, WRITE, soon())
  expect(writesOf(server)[0]?.controls).toEqual(['1.2.840.113556.1.4.2066'])
  await directory.close()
})

test('without policy hints none is sent, and the report says what that means', async () => {
  const server = await controller({ name: 'DC1' })
  const directory = directoryOf([server])
  await directory.setPassword(REF, { ...WRITE, unlock: false }, soon())
  expect(directory.can.historyOnReset).toBe(false)
  expect(writesOf(server)[0]?.controls).toEqual([])
  expect(writesOf(server)[0]?.bytes.includes('lockoutTime')).toBe(false)
  const { warnings } = await directory.check(soon())
  expect(warnings).toContainEqual(
    expect.objectContaining({ level: 'warning', text: expect.stringMatching(/policy hints/) }),
  )
  await directory.close()
})

test('the minimum age binds a reset only where policy hints are enforced', async () => {
  const [with_, without] = [
    await controller({ name: 'DC1', controls: [HINTS] }),
    await controller({ name: 'DC1' }),
  ]
  const [hinted, plain] = [directoryOf([with_]), directoryOf([without])]
  expect((await hinted.read(REF, soon()))?.tooYoungUntil).toBe(1_755_526_400_000 + 3_600_000)
  expect((await plain.read(REF, soon()))?.tooYoungUntil).toBeNull()
  await Promise.all([hinted.close(), plain.close()])
})

test('what the directory takes for the same, and people do not, is nobody (DIR-22)', async () => {
  const server = await controller({ name: 'DC1' })
  const directory = directoryOf([server])
  // This server gives Anna to whoever asks, as a directory does that folds hiragana into katakana.
  for (const login of ['ANNA', 'Ànna', 'ａｎｎａ', ' anna ', 'anna@example.test', 'ANNA@EXAMPLE.TEST'])
    expect((await directory.find(login, soon()))?.ref, login).toEqual(REF)
  for (const login of ['hanna', 'あんな', 'anna@example.org', 'аnna'])
    expect(await directory.find(login, soon()), login).toBeNull()
  await directory.close()
})

test('a login that nobody has costs as many searches as one that somebody has', async () => {
  const server = await controller({ name: 'DC1' })
  const directory = directoryOf([server])
  const searches = (): number => server.requests.filter(({ operation }) => operation === 'search').length
  await directory.find('anna', soon())
  const costs: number[] = []
  for (const login of ['anna', 'nobody', 'anna', 'nobody@example.test', 'EXAMPLE\\nobody']) {
    const before = searches()
    await directory.find(login, soon())
    costs.push(searches() - before)
  }
  expect(new Set(costs)).toEqual(new Set([3]))
  await directory.close()
})

test('servers are found in DNS by priority and weight, and asked for StartTLS unless they are _ldaps', async () => {
  const server = await controller({ name: 'DC1' })
  const { hostname, port } = new URL(server.url.replace('ldaps', 'https'))
  const asked: string[] = []
  const resolve = async (name: string) => {
    asked.push(name)
    const here = { name: hostname, port: Number(port) }
    return [
      { ...here, port: 1, priority: 20, weight: 0 },
      { ...here, priority: 10, weight: 5 },
    ]
  }
  const config = {
    hosts: ['srv:_ldaps._tcp.example.test'],
    name: 'contoso',
    kind: 'active-directory',
    ca: server.ca,
  } as const
  const more = { base: 'DC=example,DC=test', bindDn: 'svc@example.test', bindPassword: 'secret' }
  const lists = { domains: [], ownDomains: [], protectedGroups: [] }
  const directory = createLdapDirectory({ ...config, ...more, ...lists }, clock, undefined, resolve)
  expect((await directory.find('anna', soon()))?.ref).toEqual(REF)
  await directory.find('anna', soon())
  expect(asked).toEqual(['_ldaps._tcp.example.test'])
  const unknown = async (): Promise<never> => {
    throw new Error('ENOTFOUND')
  }
  const lost = createLdapDirectory({ ...config, ...more, ...lists }, clock, undefined, unknown)
  await expect(lost.find('anna', soon())).rejects.toMatchObject({ sent: false })
  await directory.close()
})

test('a service account that is refused is an error and never "nobody of that name"', async () => {
  const server = await startDouble(({ operation }) =>
    operation === 'bind' ? { code: 49, text: 'data 52e' } : {},
  )
  doubles.push(server)
  const directory = directoryOf([server])
  await expect(directory.find('anna', soon())).rejects.toThrow('service account')
  expect(await directory.check(soon())).toMatchObject({ reachable: false, writable: false })
  await directory.close()
})
