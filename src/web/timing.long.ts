// Four hundred of each kind of person, asked in turns: nobody's answers come sooner (security.md ENU-02).
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startChild, tempFolder } from '../../rig/child.ts'
import { configOf } from '../../rig/openldap.ts'
import { type Answer, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { type Person, startSlapd } from '../../rig/slapd.ts'
import { root } from '../../rig/source.ts'
import { loadOfMachine, type Samples, type Separation, separations, told } from '../../rig/timing.ts'
import { enrol, realRules } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { startHousekeeping } from '../actions/housekeeping.ts'
import { guarded } from '../directories/guarded.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import { days, seconds, systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { remembered } from '../lib/remembered.ts'
import { createTexts, readCatalogues } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'
import { renderMail } from '../notifiers/mail.ts'
import { smtpNotifier } from '../notifiers/smtp.ts'

const ROUNDS = 400
const RUNS = 3
/** A step tells people apart where it does so in two of three runs. */
const RUNS_ALLOWED = 1
const CUT_OFF_MAX = 20

/** `known` has all three methods, `never` none, `mapped` an address in the directory and so a letter, `disabled` is locked for good. */
const KINDS = ['known', 'never', 'mapped', 'disabled', 'unknown'] as const
type Kind = (typeof KINDS)[number]

const loginOf = (kind: Kind, round: number): string => `${kind.slice(0, 3)}${1000 + round}`

const someone = (kind: Kind, round: number): Person => ({
  uid: loginOf(kind, round),
  cn: `Sample ${loginOf(kind, round)}`,
  password: `old password of ${kind} ${round}`,
  passwordChangedAt: new Date('2020-01-01T00:00:00Z'),
  more: {
    ...(kind === 'mapped' || kind === 'disabled'
      ? { description: `${loginOf(kind, round)}@private.example` }
      : {}),
    ...(kind === 'disabled' ? { pwdAccountLockedTime: '000001010000Z' } : {}),
  },
})

const rounds = Array.from({ length: ROUNDS }, (_, round) => round)
const people = KINDS.filter(kind => kind !== 'unknown').flatMap(kind =>
  rounds.map(round => someone(kind, round)),
)

let world: TestWorld
let portal: RunningPortal
const closing: (() => unknown)[] = []

beforeAll(async () => {
  // Ten wrong passwords: as in many directories, and more than three runs.
  const slapd = await startSlapd({ users: people, policy: { pwdMaxFailure: 10 }, durable: true })
  const config = { ...configOf(slapd, slapd.url), attributes: { recoveryEmail: ['description'] } }
  const directory = guarded(createLdapDirectory(config, systemClock), systemClock)
  const folder = tempFolder('timing')
  world = await testWorld([directory], { file: join(folder.path, 'store.db'), passwordRules: realRules })
  for (const round of rounds) await enrol(world, loginOf('known', round))
  const sink = startChild(process.execPath, [join(root, 'rig/mail-sink-child.ts')])
  await sink.wrote(/\n$/)
  const { port, ca } = JSON.parse(sink.log())
  const mail = smtpNotifier({
    ...{ host: 'localhost', port, tls: 'starttls', ca, login: undefined },
    ...{ from: 'Postern <reset@example.test>', publicHost: 'example.test', clock: systemClock },
    random: systemRandom,
    render: (message, locale) => renderMail(message, locale, mailContext),
  })
  // As the program itself is wired: every start asks, the mail server is asked four times a minute.
  const check = remembered(systemClock, seconds(15), false, signal => mail.check(signal))
  world = { ...world, notifiers: [{ ...mail, check }] }
  portal = await startPortal(world)
  const housekeeping = startHousekeeping(world)
  closing.push(
    () => housekeeping.stop(),
    () => portal.stop(),
    () => world.store.close(),
    () => mail.close(),
    () => sink.stop(),
    () => directory.close(),
    () => slapd.stop(),
    () => folder.remove(),
  )
}, 600_000)
afterAll(async () => {
  for (const close of closing) await close()
})

const mailContext = {
  texts: createTexts<Messages>(readCatalogues(new URL('../../locales', import.meta.url).pathname)),
  publicUrl: 'https://reset.example.test',
  organisation: { name: 'Example', locale: 'en', timeZone: 'UTC' },
  help: { name: 'The helpdesk', telephone: '+00 000', hours: 'Mon–Fri', url: 'https://help.example.org/' },
}

let cutOff = 0
let asked = 0
/** A source of its own for everybody, so that no limit of sources closes. */
const nextSource = (): string => {
  asked += 1
  return `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`
}

const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map(each => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)

/** How long `deed` took, in milliseconds; it must be answered as it always is. */
async function timed(
  samples: Samples,
  step: string,
  kind: Kind,
  status: number,
  deed: () => Promise<Answer>,
) {
  const from = performance.now()
  const answer = await deed()
  const took = performance.now() - from
  if (answer.status !== status) throw new Error(`${step} of ${kind}: ${answer.status} ${answer.text}`)
  samples.add(step, kind, took)
  return answer
}

/** One whole visit of a stranger, as fast as answers come. */
async function visit(samples: Samples, kind: Kind, round: number): Promise<void> {
  const source = nextSource()
  const body = { login: loginOf(kind, round), bot_check: await portal.solve(source) }
  const post = { method: 'POST', source }
  const started = await timed(samples, 'START', kind, 201, () =>
    portal.ask('/api/v1/resets', { ...post, body }),
  )
  const { id, token, methods = [] } = started.told
  const headers = { authorization: `Bearer ${token}` }
  const call = (step: string, status: number, path: string, body?: object) =>
    timed(samples, step, kind, status, () =>
      portal.ask(`/api/v1/resets/${id}${path}`, body ? { ...post, headers, body } : { source, headers }),
    )
  for (const [name, send, wrong] of [
    ['email', 'SEND', '000000'],
    ['app_code', 'CHOOSE app', '000000'],
    ['recovery_code', 'CHOOSE saved', 'ABCDEFGHJKMNPQ22'],
  ] as const) {
    const method = methods.find(each => each.name === name)?.id
    await call(send, 201, '/challenges', { method })
    await call(`VERIFY ${name}`, 422, '/answers', { code: wrong })
    await call(`GET ${name}`, 200, '')
  }
}

const DOORS = [
  ['CHANGE', '/change', { old: 'not the old one', password: 'quite another 4711' }],
  ['SIGN-IN', '/sign-in', { password: 'not the old one' }],
  ['PASS', '/sign-in/pass', { pass: 'ABCD-EFGH-JKMN-PQRS-TWXY' }],
] as const

/** A wrong password, all kinds at once: these answers take half a second by themselves. */
async function knock(samples: Samples, kind: Kind, round: number): Promise<void> {
  for (const [step, path, fields] of DOORS) {
    const source = nextSource()
    const browser = portal.browser(source)
    await browser.get(path)
    const form = { login: loginOf(kind, round), bot_check: await portal.solve(source), ...fields }
    await timed(samples, step, kind, 422, () => browser.post(path, form))
  }
}

/** A connection that was kept for longer than the server keeps one: the machine stood still for seconds. */
const unlessCutOff = (deed: Promise<void>): Promise<void> =>
  deed.catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.includes('ECONNRESET')) throw error
    cutOff += 1
    if (cutOff > CUT_OFF_MAX) throw error
  })

async function run(): Promise<Separation[]> {
  const samples: Samples = told()
  for (const round of rounds) {
    for (const kind of shuffled(KINDS)) await unlessCutOff(visit(samples, kind, round))
    await Promise.all(shuffled(KINDS).map(kind => unlessCutOff(knock(samples, kind, round))))
  }
  world.clock.advance(days(2))
  return separations(samples, 'unknown')
}

it('answers the known, the never registered and the disabled as it answers nobody', async () => {
  const apart = new Map<string, number>()
  for (let count = 1; count <= RUNS; count++) {
    const load = loadOfMachine()
    const found = await run()
    console.log(
      `ENU-02, run ${count}, ${ROUNDS} pairs a step, ${load} at its start, ${loadOfMachine()} at its end`,
    )
    for (const each of found) {
      console.log(each.text)
      if (each.apart) apart.set(each.name, (apart.get(each.name) ?? 0) + 1)
    }
    const worst = Math.max(0, ...apart.values())
    if (worst > RUNS_ALLOWED || (count === RUNS - 1 && worst === 0)) break
  }
  expect([...apart].filter(([, runs]) => runs > RUNS_ALLOWED)).toEqual([])
})
