// What may happen to an account that is being recovered, in any order: commands for fast-check, each with what must or
// must not come of it. `pick` chooses among the resets that a command is about, the newest first.
import fc from 'fast-check'
import { disputeNotice } from '../src/actions/dispute.ts'
import { setPersonPassword } from '../src/actions/people.ts'
import { startReset } from '../src/actions/start.ts'
import type { CrashPoint } from '../src/actions/world.ts'
import { hours, minutes, seconds } from '../src/lib/clock.ts'
import { newToken, systemRandom } from '../src/lib/random.ts'
import type { MethodName } from '../src/method.ts'
import {
  isEligible,
  isInDoubt,
  isOpen,
  MODEL_METHODS,
  type Model,
  type ModelReset,
  mayStart,
  note,
} from './model.ts'
import { CRAFT, LOGIN, type Loss, setElsewhere } from './model-directory.ts'
import { guess } from './model-guesses.ts'
import { attempt, must, sync } from './model-sync.ts'
import { MAILBOX, type System } from './model-system.ts'
import { doubleSubmit, setPassword, WORDS } from './model-writes.ts'

type Command = fc.AsyncCommand<Model, System>

/** `run` says whether a right answer was given, which forgives failures. */
const command = (
  name: string,
  run: (model: Model, system: System) => Promise<boolean | undefined>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command => ({
  check,
  run: async (model, system) => {
    const mayForgive = await run(model, system)
    await sync(model, system, mayForgive ?? false)
  },
  toString: () => name,
})

const open = (model: Readonly<Model>): ModelReset[] => model.resets.filter(isOpen).toReversed()
const any = (model: Readonly<Model>): ModelReset[] => [...model.resets].toReversed()

/** Of the resets that fit the command; where none does, it is not run. */
const about = (
  name: string,
  pick: number,
  among: (model: Readonly<Model>) => ModelReset[],
  run: (model: Model, system: System, reset: ModelReset) => Promise<boolean | undefined>,
): Command =>
  command(
    `${name}(#${pick})`,
    async (model, system) => {
      const fitting = among(model)
      const reset = fitting[pick % fitting.length]
      return reset ? run(model, system, reset) : undefined
    },
    model => among(model).length > 0,
  )

async function start(model: Model, system: System, login: string, point: CrashPoint | null): Promise<void> {
  const now = system.clock.now()
  const may = mayStart(model, now)
  const real = login === LOGIN && isEligible(model, now)
  system.kill(point)
  const request = { login, botCheck: '', goal: 'password', locale: 'en', shared: false } as const
  const caller = { source: '192.0.2.7', browser: null, provedBefore: () => false }
  const started = await attempt(system, () => startReset(system.world(), request, caller))
  system.kill(null)
  if (login === LOGIN && (!('no' in started) || started.no === 'killed')) model.starts.push(now)
  if ('no' in started) {
    note(model, `start ${started.no}`)
    if (started.no === 'killed') return
    const expected = model.isDown ? 'not-now' : 'too-many'
    must(started.no === expected && (login !== LOGIN || may !== 'yes'), `a start was answered ${started.no}`)
    return
  }
  must(may !== 'no', 'a reset was started although the directory is down')
  const { reset, token } = started.yes
  model.told.push({ reset: reset.id, record: ['reset.started'] })
  model.resets.push({
    ...{ number: model.resets.length, id: reset.id, token, reference: reset.reference, isOwned: real },
    ...{ startedAt: now, gates: reset.gates, proofs: [], seen: reset.phase.name, sentAt: null },
    ...{ keys: [], handedBack: 0, isOvertaken: false },
  })
}

/** What most people do: begin, and prove by what they have, until the password may be set. */
export async function passGates(
  model: Model,
  system: System,
  methods: readonly MethodName[],
): Promise<boolean> {
  const count = model.resets.length
  // Their app shows another code than the last time.
  pass(model, system, seconds(31))
  await start(model, system, LOGIN, null)
  const reset = model.resets[count]
  if (!reset) return false
  for (const method of methods) {
    await sync(model, system, true)
    if (reset.seen === 'proving') await guess(model, system, { reset, method, kind: 'right', point: null })
  }
  return true
}

/** A link of a notice that really came: the newest, or an older one. */
async function dispute(model: Model, system: System, pick: number): Promise<undefined> {
  const notices = system.sent.filter(({ message }) => 'disputeToken' in message).toReversed()
  const notice = notices[pick % notices.length]
  if (!notice || !('disputeToken' in notice.message)) return
  const { disputeToken, reference } = notice.message
  const answered = await attempt(system, () => disputeNotice(system.world(), disputeToken))
  if ('no' in answered) {
    must(['not-found', 'not-now'].includes(answered.no), `a dispute was answered ${answered.no}`)
    return
  }
  note(model, answered.yes.held ? 'held' : 'alerted')
  if (!answered.yes.held) return
  const proofs = model.resets.find(reset => reset.reference === reference)?.proofs ?? []
  // A used saved code is told when it is used, with what was proven until then.
  const until = notice.message.kind === 'recovery_code_used' ? 1 + proofs.findIndex(isSaved) : proofs.length
  const mailbox = notice.address.to === MAILBOX ? (['email'] as const) : []
  const held = [...proofs.slice(0, until).map(({ method }) => method), ...mailbox]
  model.holds = [...model.holds, { until: answered.yes.until, methods: held }]
}

const isSaved = ({ method }: ModelReset['proofs'][number]): boolean => method === 'recovery_code'

/** Changes of policy, account and directory, as an administrator would make them. */
async function administer(model: Model, system: System, what: Administered): Promise<undefined> {
  switch (what) {
    case 'one gate':
    case 'two gates':
      model.gates = what === 'one gate' ? 1 : 2
      return void (await system.apply({ gates: model.gates }))
    case 'email off':
      model.methods = ['app_code', 'recovery_code']
      return void (await system.apply({ methods: model.methods }))
    case 'all methods':
      model.methods = MODEL_METHODS
      return void (await system.apply({ methods: model.methods }))
    case 'disable':
    case 'enable':
      model.isActive = what === 'enable'
      return void (await system.setStatus(model.isActive ? 'active' : 'disabled'))
    case 'directory down':
    case 'directory up':
      model.isDown = what === 'directory down'
      return void system.directory.setDown(model.isDown)
    case 'operator sets':
      if (model.isDown || !model.isActive) return
      await setPersonPassword(system.world(), CRAFT, LOGIN, `Valid-${newToken(systemRandom)}`)
      model.foreign += 1
      return
    case 'set elsewhere':
      // A doubt would end by it: the built-in directory does not know who wrote.
      if (!model.isActive || model.resets.some(isInDoubt)) return
      pass(model, system, seconds(1))
      model.password = `Valid-${newToken(systemRandom)}`
      model.writtenAt = system.clock.now()
      await setElsewhere(system.directory.whole, model.password)
  }
}
const ADMINISTERED = [
  ...['one gate', 'two gates', 'email off', 'all methods', 'disable', 'enable', 'enable'],
  ...['directory down', 'directory up', 'directory up', 'operator sets', 'set elsewhere'],
] as Administered[]
type Administered =
  | 'one gate'
  | 'two gates'
  | 'email off'
  | 'all methods'
  | 'disable'
  | 'enable'
  | 'operator sets'
  | 'set elsewhere'
  | 'directory down'
  | 'directory up'

/** What changes between the gates and the password (FLW-05, FLW-08). */
async function meanwhile(model: Model, system: System, what: Administered): Promise<boolean> {
  if (what === 'two gates') await administer(model, system, 'one gate')
  const passed = await passGates(model, system, MODEL_METHODS)
  const reset = passed ? model.resets.at(-1) : undefined
  await administer(model, system, what)
  if (reset?.seen === 'password')
    await setPassword(model, system, { reset, word: 'valid', loss: null, point: null })
  return true
}

const TICKS = [
  seconds(1),
  seconds(5),
  seconds(20),
  seconds(31),
  seconds(61),
  minutes(3),
  minutes(11),
  hours(1),
]

async function tick(model: Model, system: System, ms: number): Promise<undefined> {
  pass(model, system, ms)
  await system.housekeep()
}

/** What has not arrived within the deadline of its write does not arrive: its connection is gone. */
function pass(model: Model, system: System, ms: number): void {
  system.clock.advance(ms)
  const now = system.clock.now()
  if (model.resets.some(({ sentAt }) => sentAt !== null && now - sentAt >= seconds(30)))
    system.directory.dropLate()
}

const pick = fc.nat(3)
const method = fc.constantFrom(...MODEL_METHODS)
const point = (...points: CrashPoint[]) => fc.option(fc.constantFrom(...points), { freq: 6 })
const loss = fc.option(fc.constantFrom<Loss>('kept', 'gone', 'late'), { freq: 2 })

const started = point('start.saved').map(point =>
  command(`Start${point ? ` killed at ${point}` : ''}`, async (model, system) => {
    await start(model, system, LOGIN, point)
    return undefined
  }),
)
const right = fc
  .record({ pick, method, point: point('answer.saved') })
  .map(({ pick, method, point }) =>
    about(`GuessRight ${method}${point ? ` killed at ${point}` : ''}`, pick, open, (model, system, reset) =>
      guess(model, system, { reset, method, kind: 'right', point }),
    ),
  )
const set = fc
  .record({
    ...{ pick, word: fc.constantFrom(...WORDS), loss },
    point: point('write.before_intention', 'write.intended', 'write.answered', 'write.saved'),
  })
  .map(given =>
    about(
      `SetPassword ${given.word}${given.loss ? ` ${given.loss}` : ''}${given.point ? ` killed at ${given.point}` : ''}`,
      given.pick,
      any,
      (model, system, reset) => setPassword(model, system, { ...given, reset }),
    ),
  )
const wrong = fc
  .record({ pick, method, kind: fc.constantFrom('wrong' as const, 'old' as const, 'other reset' as const) })
  .map(({ pick, method, kind }) =>
    about(`Guess ${kind} ${method}`, pick, open, (model, system, reset) =>
      guess(model, system, { reset, method, kind, point: null }),
    ),
  )

const passing = fc
  .shuffledSubarray([...MODEL_METHODS], { minLength: MODEL_METHODS.length })
  .map(methods =>
    command(`PassGates ${methods.join(' ')}`, (model, system) => passGates(model, system, methods)),
  )

/** What leads on comes more often than what disturbs, or few resets would ever be finished. */
export const COMMANDS = [
  ...[started, right, right, set, set, set, wrong, passing, passing],
  fc
    .constantFrom(...ADMINISTERED)
    .map(what => command(`Meanwhile ${what}`, (model, system) => meanwhile(model, system, what))),
  fc.constant(
    command('StartUnknown', async (model, system) => {
      await start(model, system, 'nobody', null)
      return undefined
    }),
  ),
  pick.map(pick => about('DoubleSubmit', pick, any, doubleSubmit)),
  fc
    .constantFrom(...TICKS)
    .map(ms => command(`Tick ${ms / 1000} s`, (model, system) => tick(model, system, ms))),
  fc.constant(
    command(
      'Arrive',
      async (_model, system) => void (await system.directory.arrive()),
      model => model.resets.some(isInDoubt),
    ),
  ),
  fc.constant(command('KillAndReopen', async (_model, system) => void (await system.reopen()))),
  fc
    .integer({ min: 1, max: 28 })
    .map(day => command(`RotateKeys ${day}`, async (_model, system) => void (await system.rotateKeys(day)))),
  pick.map(pick => command(`Dispute(#${pick})`, (model, system) => dispute(model, system, pick))),
  fc
    .constantFrom(...ADMINISTERED)
    .map(what => command(what, (model, system) => administer(model, system, what))),
]
