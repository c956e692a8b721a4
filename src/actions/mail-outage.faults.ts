// A mail server that is away, puts off, refuses for good, or loses its encryption, and a sender that dies between two steps
// (INV-10, EML-05): notices arrive or lie where administrators see them, and no reset is ever held up or undone by them.
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { type FakeClock, fakeClock } from '../../rig/clock.ts'
import { type FaultProxy, startFaultProxy } from '../../rig/fault-proxy.ts'
import { type MailSink, startMailSink } from '../../rig/mail-sink.ts'
import { type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { appCodeNow, CODES, enrol, recordNames, startVictims, type Victims } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { minutes, seconds, systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import type { Notifier } from '../notifier.ts'
import { smtpNotifier } from '../notifiers/smtp.ts'
import { deliverDue } from './deliver.ts'

let victims: Victims
let sink: MailSink
let proxy: FaultProxy
let notifier: Notifier
let clock: FakeClock
let world: TestWorld
let portal: RunningPortal
const folder = tempFolder('mail-outage')
let files = 0

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(async () => {
  await victims.stop()
  folder.remove()
})
beforeEach(async () => {
  sink = await startMailSink()
  proxy = await startFaultProxy({ port: sink.port })
  clock = fakeClock(systemClock.now())
  notifier = smtpNotifier({
    ...{ host: '127.0.0.1', port: proxy.port, tls: 'starttls', ca: sink.ca, login: undefined },
    ...{ from: 'no-reply@example.test', publicHost: 'reset.example.test', clock, random: systemRandom },
    // The kind and the reference are all that is looked at here.
    render: message => ({
      subject: 'reference' in message ? `${message.kind} ${message.reference}` : message.kind,
      text: message.kind === 'code' ? `${message.code}\n` : 'text\n',
      ...{ html: '<p>text</p>', locale: 'en' },
    }),
  })
  files += 1
  world = await openWorld(notifier)
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
  await notifier.close()
  await proxy.stop()
  await sink.stop()
})

/** The same file for every process of a test. */
const openWorld = async (by: Notifier): Promise<TestWorld> => ({
  ...(await testWorld([victims.directory], { file: join(folder.path, `store-${files}.db`), clock })),
  notifiers: [by],
})

/** Two gates that need no mail, so that only the notices do. */
async function atPassword(login: string): Promise<HeldReset> {
  await enrol(world, login, ['app_code', 'recovery_code'])
  const reset = await portal.start(login)
  await reset.choose('app_code')
  await reset.answer(appCodeNow(world))
  await reset.choose('recovery_code')
  await reset.answer(CODES[0])
  expect(reset.told().state).toBe('password')
  await drain()
  return reset
}

async function drain(): Promise<void> {
  while ((await deliverDue(world)) > 0);
}

/** Goes through the night: the sender tries as it would. */
async function wait(ms: number, step = seconds(30)): Promise<void> {
  for (let waited = 0; waited < ms; waited += step) {
    clock.advance(step)
    await drain()
  }
}

const counts = () => world.store.read(tx => tx.outbox.counts(clock.now()))
/** Mails about finished resets that came, by recipient. */
const arrived = (): string[] =>
  sink.mails
    .filter(({ subject }) => subject.startsWith('password_reset'))
    .map(({ to }) => to.join())
    .toSorted()

async function expectDone(reset: HeldReset, login: string): Promise<void> {
  expect((await reset.password(`a quite new password of ${login}`)).told.state).toBe('done')
  await drain()
}

/** What nobody could deliver is no reason to take back what the directory has. */
async function expectStillDone(reset: HeldReset, login: string): Promise<void> {
  expect((await reset.get()).told.state).toBe('done')
  expect(await victims.binds(login, `a quite new password of ${login}`)).toBe(true)
}

it('a server that is away holds up no reset, closes the next start for everybody, and gets everything later', async () => {
  const reset = await atPassword('p01')
  await proxy.set({ name: 'refuse' })
  await expectDone(reset, 'p01')
  expect((await counts()).waiting).toBeGreaterThan(0)
  expect([(await portal.start('p02')).started.status, (await portal.start('zz999')).started.status]).toEqual([
    503, 503,
  ])
  await wait(minutes(30))
  expect([arrived(), (await counts()).dead]).toEqual([[], 0])
  await proxy.set({ name: 'pass' })
  await wait(minutes(11))
  expect(arrived()).toEqual(['p01@example.test'])
  expect(await counts()).toMatchObject({ waiting: 0, dead: 0 })
  await expectStillDone(reset, 'p01')
})

it('a server that puts off gets each mail once, when it takes it', async () => {
  const reset = await atPassword('p03')
  sink.answerAll({ code: 450, at: 'recipient' })
  await expectDone(reset, 'p03')
  await wait(minutes(10))
  expect([arrived(), (await counts()).dead]).toEqual([[], 0])
  sink.answerAll('accept')
  await wait(minutes(11))
  expect(arrived()).toEqual(['p03@example.test'])
  expect(await counts()).toMatchObject({ waiting: 0, dead: 0 })
  await wait(minutes(11))
  expect(arrived()).toHaveLength(1)
  await expectStillDone(reset, 'p03')
})

it('a refusal for good, or one that lasts for hours, is a dead letter that can be seen', async () => {
  const reset = await atPassword('p04')
  sink.answerAll({ code: 550, at: 'recipient' })
  await expectDone(reset, 'p04')
  const { dead } = await counts()
  expect([dead > 0, (await counts()).waiting]).toEqual([true, 0])
  expect(await recordNames(world)).toContain('message.dead')
  await expectStillDone(reset, 'p04')
  const patient = await atPassword('p05')
  sink.answerAll({ code: 450 })
  await expectDone(patient, 'p05')
  await wait(minutes(60 * 5), minutes(5))
  expect(await counts()).toMatchObject({ waiting: 0 })
  expect((await counts()).dead).toBeGreaterThan(dead)
  await expectStillDone(patient, 'p05')
})

it('a server that no longer encrypts gets nothing (EML-05)', async () => {
  const reset = await atPassword('p06')
  sink.offerStartTls(false)
  // Connections that were encrypted before stay so; these end.
  await proxy.set({ name: 'refuse' })
  await proxy.set({ name: 'pass' })
  await expectDone(reset, 'p06')
  await wait(minutes(2))
  expect([sink.mails.filter(({ secure }) => !secure), arrived()]).toEqual([[], []])
  expect((await counts()).waiting).toBeGreaterThan(0)
  sink.offerStartTls(true)
  await wait(minutes(11))
  expect(arrived()).toEqual(['p06@example.test'])
  expect(sink.mails.every(({ secure }) => secure)).toBe(true)
})

it('a code that could not be sent in time is not sent when it is of no more use', async () => {
  await enrol(world, 'p07')
  const reset = await portal.start('p07')
  sink.answerAll({ code: 450 })
  await reset.choose('email')
  await wait(minutes(10) + seconds(30))
  sink.answerAll('accept')
  await wait(minutes(20))
  expect(sink.mails.filter(({ subject }) => subject.startsWith('code'))).toEqual([])
})

it('a sender that dies after the mail left is followed by another one, not before its lease ends', async () => {
  const reset = await atPassword('p08')
  const died = Promise.withResolvers<void>()
  const dying: Notifier = {
    ...notifier,
    send: async (message, address, signal) => {
      await notifier.send(message, address, signal)
      died.resolve()
      await new Promise(() => undefined)
    },
  }
  expect((await reset.password('a quite new password of p08')).told.state).toBe('done')
  const first = await openWorld(dying)
  void deliverDue(first)
  await died.promise
  await wait(seconds(55), seconds(5))
  const sent = arrived()
  expect(sent).toEqual(['p08@example.test'])
  await wait(seconds(10), seconds(5))
  expect(arrived()).toEqual([...sent, ...sent])
  await wait(minutes(5))
  expect(arrived()).toHaveLength(2)
  expect(await counts()).toMatchObject({ waiting: 0, dead: 0 })
  await expectStillDone(reset, 'p08')
  await first.store.close()
})
