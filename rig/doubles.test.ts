// The mail sink, the fault proxy, the seeded chance and the fake clock do what tests rely on.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createTransport } from 'nodemailer'
import { expect, test } from 'vitest'
import { minutes } from '../src/lib/clock.ts'
import { fakeClock } from './clock.ts'
import { startFaultProxy } from './fault-proxy.ts'
import { ldapHand } from './ldap-hand.ts'
import { holdsLdap } from './ldap-wire.ts'
import { type MailSink, startMailSink } from './mail-sink.ts'
import { seededRandom } from './random.ts'
import { personDn, type Slapd, startSlapd } from './slapd.ts'

const PASSWORD = 'Start-Passw0rd-1'
const anna = personDn('anna')

test('the fake clock stands still until it is moved', () => {
  const clock = fakeClock()
  const start = clock.now()
  clock.advance(minutes(5))
  expect(clock.now() - start).toBe(300_000)
  expect(() => clock.advance(-1)).toThrow('backwards')
})

test('the same seed draws the same, another seed something else, and every value comes up', () => {
  expect(seededRandom(7).bytes(40)).toEqual(seededRandom(7).bytes(40))
  expect(seededRandom(7).bytes(40)).not.toEqual(seededRandom(8).bytes(40))
  const random = seededRandom('dice')
  const drawn = Array.from({ length: 600 }, () => random.below(6))
  const counts = [0, 1, 2, 3, 4, 5].map(face => drawn.filter(each => each === face).length)
  expect(Math.min(...counts)).toBeGreaterThan(60)
})

const send = (sink: MailSink, subject: string): Promise<unknown> =>
  createTransport({
    host: sink.host,
    port: sink.port,
    requireTLS: true,
    socketTimeout: 2_000,
    tls: { ca: sink.ca, servername: 'localhost' },
    auth: { user: 'postern', pass: 'mail-secret' },
  }).sendMail({
    from: 'a@example.test',
    to: 'b@example.org',
    subject,
    text: 'Grüße: 123456',
    html: '<b>123456</b>',
  })

const login = { user: 'postern', password: 'mail-secret' }

test('the mail sink keeps what it takes, over STARTTLS and with the right password only', async () => {
  const sink = await startMailSink({ login })
  const arriving = sink.waitFor(mail => mail.subject.startsWith('Ihr Code'))
  await send(sink, 'Ihr Code für die Anmeldung')
  expect(await arriving).toMatchObject({
    subject: 'Ihr Code für die Anmeldung',
    to: ['b@example.org'],
    from: 'a@example.test',
    secure: true,
    user: 'postern',
  })
  expect(sink.mails[0]?.text).toContain('Grüße: 123456')
  expect(sink.mails[0]?.html).toContain('<b>123456</b>')
  await sink.stop()
})

test('the mail sink refuses, hangs, loses its answer and hides STARTTLS as it is told', async () => {
  const sink = await startMailSink({ login })
  sink.answerNext({ code: 450 }, { code: 550, at: 'recipient' }, 'lose', 'hang', 'accept')
  await expect(send(sink, 'one')).rejects.toMatchObject({ responseCode: 450 })
  await expect(send(sink, 'two')).rejects.toMatchObject({ responseCode: 550 })
  await expect(send(sink, 'three')).rejects.toMatchObject({ code: 'ESOCKET' })
  await expect(send(sink, 'four')).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  await send(sink, 'five')
  expect(sink.mails.map(mail => mail.subject)).toEqual(['three', 'four', 'five'])
  sink.offerStartTls(false)
  await expect(send(sink, 'six')).rejects.toMatchObject({ code: 'ETLS' })
  await sink.stop()
})

const through = async (slapd: Slapd) => {
  const proxy = await startFaultProxy({ port: slapd.port, tls: slapd.tls })
  const hand = ldapHand(
    { url: `ldaps://127.0.0.1:${proxy.port}`, ca: slapd.ca },
    slapd.bindDn,
    slapd.bindPassword,
  )
  return { proxy, hand }
}

test('the fault proxy loses the answer to a modify that the server carried out, and to nothing else', async () => {
  const slapd = await startSlapd({ users: [{ uid: 'anna', password: PASSWORD }] })
  const { proxy, hand } = await through(slapd)
  await proxy.set({ name: 'lose_answer', to: holdsLdap('modify') })
  expect(await hand.read(anna, ['uid'])).toEqual({ uid: ['anna'] })
  const lost = proxy.lose()
  await expect(hand.replace(anna, { userPassword: 'Other-Passw0rd-2' })).rejects.toThrow()
  await lost
  expect((await slapd.hand.tryBind(anna, 'Other-Passw0rd-2')).ok).toBe(true)
  expect(await hand.read(anna, ['uid'])).toEqual({ uid: ['anna'] })
  expect(proxy.lost).toBe(1)
  await proxy.stop()
  await slapd.stop()
})

test('after a lost answer the proxy goes on as the test said: here nobody is there any more', async () => {
  const slapd = await startSlapd({ users: [{ uid: 'anna', password: PASSWORD }] })
  const { proxy, hand } = await through(slapd)
  await proxy.set({ name: 'lose_answer', to: holdsLdap('modify'), next: { name: 'refuse' } })
  await expect(hand.replace(anna, { userPassword: 'Other-Passw0rd-2' })).rejects.toThrow()
  await expect(hand.read(anna, ['uid'])).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await proxy.set({ name: 'pass' })
  expect(await hand.read(anna, ['uid'])).toEqual({ uid: ['anna'] })
  await proxy.stop()
  await slapd.stop()
})

test('the fault proxy delays, swallows, cuts and refuses plain connections', async () => {
  const echo = createServer(socket => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  const proxy = await startFaultProxy({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 })
  expect(await ask(proxy.port, 'hello')).toBe('hello')
  await proxy.set({ name: 'delay', ms: 120 })
  const from = performance.now()
  expect(await ask(proxy.port, 'hello')).toBe('hello')
  expect(performance.now() - from).toBeGreaterThanOrEqual(110)
  await proxy.set({ name: 'black_hole' })
  expect(await ask(proxy.port, 'hello')).toBe('silence')
  await proxy.set({ name: 'drop_after', bytes: 3 })
  expect(await ask(proxy.port, 'hey')).toBe('hey')
  expect(await ask(proxy.port, 'hello')).toBe('ECONNRESET')
  await proxy.set({ name: 'refuse' })
  expect(await ask(proxy.port, 'hello')).toBe('ECONNREFUSED')
  await proxy.set({ name: 'pass' })
  expect(await ask(proxy.port, 'hello')).toBe('hello')
  await proxy.stop()
  echo.close()
})

/** What comes back, the code of what went wrong, or `silence` after a third of a second. */
const ask = (port: number, text: string): Promise<string> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    const answer = (what: string): void => {
      resolve(what)
      socket.destroy()
    }
    socket.setTimeout(330, () => answer('silence'))
    socket.on('data', chunk => answer(chunk.toString()))
    socket.on('error', error => answer('code' in error ? String(error.code) : error.message))
  })
