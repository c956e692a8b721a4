// One reset in a process of its own, that dies by SIGKILL at a labelled point. What was acknowledged before stands on
// stdout, a line each, so that the test knows what must have survived. Run by `crash.faults.ts`; reads one JSON line.
import { readFileSync } from 'node:fs'
import { importLine } from '../src/actions/enroll.ts'
import { answerChallenge, chooseMethod } from '../src/actions/prove.ts'
import { startReset } from '../src/actions/start.ts'
import type { Caller, CrashPoint } from '../src/actions/world.ts'
import { commitReset } from '../src/actions/write.ts'
import { createLdapDirectory, type LdapConfig } from '../src/directories/ldap.ts'
import { systemClock } from '../src/lib/clock.ts'
import { shownCode } from '../src/methods/totp.ts'
import { fakeClock } from './clock.ts'
import { solved, testWorld } from './world.ts'

export type CrashOrder = {
  readonly directory: LdapConfig
  readonly file?: string
  readonly databaseUrl?: string
  readonly login: string
  readonly seed: string
  readonly codes: readonly string[]
  readonly password: string
  readonly point: CrashPoint
}

const say = (what: string): void => void process.stdout.write(`${what}\n`)

async function run(order: CrashOrder): Promise<void> {
  const { file, databaseUrl, login, seed, codes, password, point } = order
  let armed = false
  const world = await testWorld([createLdapDirectory(order.directory, systemClock)], {
    ...(file === undefined ? {} : { file }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    clock: fakeClock(Date.now()),
    reached: reached => {
      if (armed && reached === point) process.kill(process.pid, 'SIGKILL')
    },
  })
  await importLine(world, JSON.stringify({ login, method: 'app_code', secret: seed }), false)
  await importLine(world, JSON.stringify({ login, method: 'recovery_code', codes }), false)
  armed = true
  const caller: Caller = { source: '192.0.2.7', browser: null, provedBefore: () => false }
  const { reset, token } = await startReset(
    world,
    { login, botCheck: await solved(world), goal: 'password', locale: 'en', shared: false },
    caller,
  )
  say(`started ${reset.id} ${token}`)
  const ticket = { id: reset.id, token }
  await chooseMethod(world, ticket, reset.options.find(({ method }) => method === 'app_code')?.id ?? '')
  const context = {
    now: world.clock.now(),
    random: world.random,
    keys: world.keys,
    strict: false,
    reference: '',
  }
  const secret = world.methods.app_code.fromImport(context, { secret: seed }) ?? ''
  const first = await answerChallenge(world, ticket, {
    kind: 'code',
    code: shownCode(secret, world.clock.now()).code,
  })
  say(`passed ${first.right}`)
  const second = await answerChallenge(world, ticket, { kind: 'code', code: codes[0] ?? '' })
  say(`passed ${second.right}`)
  const done = await commitReset(world, ticket, password)
  say(`said ${done.said}`)
}

// The order is checked by nobody: the test that wrote it is in this repository.
await run(JSON.parse(readFileSync(0, 'utf8')) as CrashOrder)
