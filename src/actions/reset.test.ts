import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configOf } from '../../rig/openldap.ts'
import { type Slapd, startSlapd } from '../../rig/slapd.ts'
import { solved, type TestWorld, testWorld } from '../../rig/world.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import type { Directory } from '../directory.ts'
import { systemClock } from '../lib/clock.ts'
import { shownCode } from '../methods/totp.ts'
import type { Reset } from '../reset.ts'
import { deliverDue } from './deliver.ts'
import { importLine } from './enroll.ts'
import type { Ticket } from './load.ts'
import { answerChallenge, chooseMethod } from './prove.ts'
import { startReset } from './start.ts'
import type { Caller } from './world.ts'
import { commitReset } from './write.ts'

const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const CODES = ['ABCDEFGHJKMNPQRS', 'BCDEFGHJKMNPQRST']
const NEW = 'a quite new password 42'

let slapd: Slapd
let directory: Directory
let world: TestWorld

beforeAll(async () => {
  slapd = await startSlapd({
    users: [
      {
        uid: 'alice',
        cn: 'Alice Sample',
        password: 'old password 1',
        passwordChangedAt: new Date('2020-01-01T00:00:00Z'),
      },
      { uid: 'carol', cn: 'Carol Sample', password: 'old password 2' },
    ],
  })
  directory = createLdapDirectory(configOf(slapd, slapd.url), systemClock)
})
afterAll(async () => {
  await directory.close()
  await slapd.stop()
})

const caller: Caller = { source: '192.0.2.7', browser: 'Firefox', provedBefore: () => false }

const start = async (login: string): Promise<{ reset: Reset; ticket: Ticket }> => {
  const botCheck = await solved(world)
  const { reset, token } = await startReset(
    world,
    { login, botCheck, goal: 'password', locale: 'en', shared: false },
    caller,
  )
  return { reset, ticket: { id: reset.id, token } }
}

const optionOf = (reset: Reset, method: string): string =>
  reset.options.find(option => option.method === method)?.id ?? ''

const appCodeNow = (): string => {
  const secret = world.methods.app_code.fromImport(
    { now: world.clock.now(), random: world.random, keys: world.keys, strict: false, reference: '' },
    { secret: SEED },
  )
  return shownCode(secret ?? '', world.clock.now()).code
}

describe('a reset against a real OpenLDAP', () => {
  beforeEach(async () => {
    world = await testWorld([directory])
    await importLine(world, JSON.stringify({ login: 'alice', method: 'app_code', secret: SEED }), false)
    await importLine(world, JSON.stringify({ login: 'alice', method: 'recovery_code', codes: CODES }), false)
    await importLine(
      world,
      JSON.stringify({ login: 'alice', method: 'email', address: 'alice@private.example' }),
      false,
    )
    await deliverDue(world)
    world.sent.length = 0
  })

  it('goes through two gates to a new password that binds', async () => {
    const { reset, ticket } = await start('alice')
    expect(reset.phase).toEqual({ name: 'proving', open: null })
    await chooseMethod(world, ticket, optionOf(reset, 'app_code'))
    const first = await answerChallenge(world, ticket, { kind: 'code', code: appCodeNow() })
    expect(first.right).toBe(true)
    await chooseMethod(world, ticket, optionOf(first.reset, 'email'))
    await deliverDue(world)
    const code =
      world.sent.map(({ message }) => (message.kind === 'code' ? message.code : '')).find(Boolean) ?? ''
    const second = await answerChallenge(world, ticket, { kind: 'code', code })
    expect(second.reset.phase.name).toBe('password')
    const done = await commitReset(world, ticket, NEW)
    expect(done.said).toBe('done')
    const account = await directory.find('alice', AbortSignal.timeout(5_000))
    expect(account && (await directory.authenticate(account.ref, NEW, AbortSignal.timeout(5_000)))).toBe(
      'yes',
    )
    expect(
      account && (await directory.authenticate(account.ref, 'old password 1', AbortSignal.timeout(5_000))),
    ).toBe('no')
    await deliverDue(world)
    const told = world.sent
      .filter(({ message }) => message.kind === 'password_reset')
      .map(({ address }) => address.to)
    expect(told.toSorted()).toEqual(['alice@example.test', 'alice@private.example'])
  })

  it('shows a stranger the same for a known login and for one that nobody owns', async () => {
    const known = (await start('alice')).reset
    const unknown = (await start('nobody')).reset
    const seen = ({ options, gatesShown, phase }: Reset) => ({
      methods: options.map(({ method, hint }) => ({ method, hint })),
      gatesShown,
      phase,
    })
    expect(seen(unknown)).toEqual(seen(known))
    expect(unknown.account).toBeNull()
  })
})
