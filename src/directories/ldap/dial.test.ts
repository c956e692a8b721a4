import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Slapd, startSlapd } from '../../../rig/slapd.ts'
import { systemClock } from '../../lib/clock.ts'
import { createLdapDirectory, type LdapConfig } from '../ldap.ts'
import { judgeStartTls, parseHost } from './dial.ts'

const soon = (): AbortSignal => AbortSignal.timeout(8_000)
const PEOPLE = [{ uid: 'anna', password: 'Start-Passw0rd 1' }]

const configOf = (slapd: Slapd, host: string, more: Partial<LdapConfig> = {}): LdapConfig => ({
  ...{ name: 'lab', kind: 'openldap', hosts: [host], ca: slapd.ca, base: slapd.base },
  ...{ bindDn: slapd.bindDn, bindPassword: slapd.bindPassword },
  ...{ domains: [], ownDomains: [], protectedGroups: [] },
  ...more,
})

const find = async (config: LdapConfig): Promise<string | undefined> => {
  const directory = createLdapDirectory(config, systemClock)
  try {
    return (await directory.find('anna', soon()))?.login
  } finally {
    await directory.close()
  }
}

let slapd: Slapd
beforeAll(async () => {
  slapd = await startSlapd({ users: PEOPLE })
})
afterAll(() => slapd.stop())

test('LDAPS and StartTLS both find people, by an address or by a name in the certificate', async () => {
  for (const host of [slapd.url, slapd.startTlsUrl]) {
    expect(await find(configOf(slapd, host))).toBe('anna')
    expect(await find(configOf(slapd, host, { servername: 'ldap.example.test' }))).toBe('anna')
    await expect(find(configOf(slapd, host, { servername: 'other.example.test' }))).rejects.toMatchObject({
      sent: false,
    })
  }
})

test('a server of another authority is refused, whatever the environment asks for', async () => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    for (const host of [slapd.url, slapd.startTlsUrl])
      await expect(find(configOf(slapd, host, { ca: undefined }))).rejects.toMatchObject({ sent: false })
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  }
})

test.each(['expired', 'wrong_name', 'unknown_ca'] as const)(
  'a certificate that is %s is refused',
  async certificate => {
    const bad = await startSlapd({ users: PEOPLE, certificate })
    for (const host of [bad.url, bad.startTlsUrl])
      await expect(find(configOf(bad, host))).rejects.toMatchObject({ name: 'DirectoryError', sent: false })
    await bad.stop()
  },
)

/** Answers the question for StartTLS with these bytes, and keeps all that a client says. */
async function strange(answer: Buffer) {
  const heard: Buffer[] = []
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket
      .on('error', () => undefined)
      .on('data', chunk => {
        heard.push(chunk)
        if (heard.length === 1) socket.write(answer)
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // as: it listens on TCP.
  const stop = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { url: `ldap://127.0.0.1:${port}`, said: () => Buffer.concat(heard).toString('latin1'), stop }
}

/** ExtendedResponse to message 1 with this result code. */
const response = (code: number): Buffer => Buffer.from([0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, code, 4, 0, 4, 0])

/** A bind that succeeded, for the message that the client will send next. */
const FORGED = Buffer.from([0x30, 12, 2, 1, 2, 0x61, 7, 10, 1, 0, 4, 0, 4, 0])

test.each([
  ['refuses', response(2)],
  ['refuses by another code', response(52)],
  ['answers with something else', Buffer.from([0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0])],
  ['answers another question', Buffer.from([0x30, 12, 2, 1, 9, 0x78, 7, 10, 1, 0, 4, 0, 4, 0])],
  ['has a forged answer put behind its own', Buffer.concat([response(0), FORGED])],
  ['has the head of one put behind its own', Buffer.concat([response(0), FORGED.subarray(0, 9)])],
  ['talks nonsense', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
])('a server that %s gets no password', async (_name, answer) => {
  const server = await strange(answer)
  await expect(find(configOf(slapd, server.url))).rejects.toMatchObject({
    name: 'DirectoryError',
    sent: false,
  })
  // The question for StartTLS, and not one byte more: no handshake with a server that answered like this.
  expect(server.said().length).toBe(31)
  expect(server.said()).toContain('1.3.6.1.4.1.1466.20037')
  expect(server.said()).not.toContain(slapd.bindPassword)
  expect(server.said()).not.toContain(slapd.bindDn)
  server.stop()
})

test('an answer that comes in pieces is read whole', () => {
  const whole = response(0)
  for (let length = 0; length < whole.length; length++)
    expect(judgeStartTls(whole.subarray(0, length))).toBe('incomplete')
  expect(judgeStartTls(whole)).toBe('yes')
  expect(judgeStartTls(response(2))).toBe('refused')
  expect(judgeStartTls(Buffer.concat([whole, FORGED]))).toBe('malformed')
  expect(judgeStartTls(Buffer.alloc(5_000, 0x30))).toBe('malformed')
})

test('a server that says nothing is given up with the signal', async () => {
  const server = await strange(Buffer.alloc(0))
  const directory = createLdapDirectory(configOf(slapd, server.url), systemClock)
  await expect(directory.find('anna', AbortSignal.timeout(200))).rejects.toMatchObject({ sent: false })
  expect(server.said()).not.toContain(slapd.bindPassword)
  server.stop()
})

test('addresses are read with their ports, and only those of LDAP', () => {
  expect(parseHost('ldaps://dc1.example.test')).toMatchObject({ port: 636, startTls: false })
  expect(parseHost('ldap://dc1.example.test')).toMatchObject({ port: 389, startTls: true })
  expect(parseHost('ldaps://[::1]:3269')).toMatchObject({ hostname: '::1', port: 3269 })
  for (const wrong of ['', 'dc1', 'https://dc1.example.test', 'ldapi://x'])
    expect(() => parseHost(wrong)).toThrow()
  expect(() => createLdapDirectory(configOf(slapd, 'dc1.example.test'), systemClock)).toThrow(
    'not an LDAP address',
  )
  expect(() => createLdapDirectory(configOf(slapd, '', { hosts: [] }), systemClock)).toThrow('no hosts')
  const broken = configOf(slapd, slapd.url, { userFilter: '(uid=' })
  expect(() => createLdapDirectory(broken, systemClock)).toThrow()
})
