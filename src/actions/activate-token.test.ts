import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { minutes, seconds } from '../lib/clock.ts'
import { shownCode } from '../methods/totp.ts'
import { countable } from '../policy.ts'
import { exportAudit } from '../store/audit-export.ts'
import { activateToken } from './activate-token.ts'
import { assignToken } from './assign-token.ts'
import { currentSettings } from './current-settings.ts'
import { deliverDue } from './deliver.ts'
import { enableEnrollments, listEnrollments } from './enrollments.ts'
import { findAccount } from './find-account.ts'
import type { Ticket } from './load.ts'
import { methodContext } from './options.ts'
import { beginRegistration } from './register.ts'
import { securityInfo } from './security-info.ts'
import { enter } from './sign-in.ts'
import { standingOf } from './standing.ts'
import { subjectOf } from './subject.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const HOW = { algorithm: 'SHA1', digits: 6, planned: null } as const

let rig: BuiltinRig
let world: TestWorld
let id = ''

beforeEach(async () => {
  rig = await builtinRig()
  await rig.add('alice', null, { mail: ['alice@example.test'], displayName: 'Alice' })
  await rig.add('bob', null)
  world = await testWorld([rig.directory], { settings: { methods: ['hardware_code', 'email', 'app_code'] } })
  const token = { login: 'alice', serial: 'GALT-1', secret: SECRET, period: 30, manufacturer: '', model: '' }
  await assignToken(world, token, HOW)
  id = (await listEnrollments(world, 'alice'))[0]?.id ?? ''
  await told()
})
afterEach(async () => {
  await world.store.close()
  await rig.stop()
})

/** Signed in by the password alone. */
async function entered(login: string): Promise<Ticket> {
  const account = await findAccount(world, login)
  if (!account) throw new Error(`nobody is ${login}`)
  const signed = await enter(world, {
    account,
    request: { locale: 'en', shared: false },
    caller: { source: '192.0.2.1', browser: 'Firefox', provedBefore: () => false },
    ...{ reference: 'K7-4QF', entry: 'password' },
  })
  if (signed.said !== 'in') throw new Error(signed.said)
  return { id: signed.session.id, token: signed.token }
}

const shown = (): string => {
  const secret = world.methods.hardware_code.fromImport(methodContext(world, ''), { secret: SECRET }) ?? ''
  return shownCode(secret, world.clock.now()).code
}
const wrong = (): string => (shown() === '000000' ? '000001' : '000000')
const activate = (ticket: Ticket, code: string, which = id) =>
  activateToken(world, ticket, which, { kind: 'code', code })

async function told(): Promise<string[]> {
  world.sent.splice(0)
  while ((await deliverDue(world)) > 0);
  return world.sent.map(({ message, address }) => `${message.kind} ${address.to}`).sort()
}

async function countsNow(login: string): Promise<string[]> {
  const account = await findAccount(world, login)
  if (!account) return []
  const now = world.clock.now()
  return world.store.transact(async tx => {
    const standing = await standingOf(world, tx, account, subjectOf(world.keys, account.ref), now)
    return countable(await currentSettings(tx), standing, now).map(({ enrollment }) => enrollment.method)
  })
}

const reasons = async (): Promise<string[]> => {
  const found: string[] = []
  for await (const { name, reason } of exportAudit(world.store)) found.push(`${name} ${reason ?? ''}`.trim())
  return found
}

test('a token counts from its first good code on, and that code is used up', async () => {
  const ticket = await entered('alice')
  expect((await securityInfo(world, ticket)).held).toMatchObject([{ serial: 'GALT-1', isWaiting: true }])
  expect(await countsNow('alice')).toEqual([])
  expect(await activate(ticket, wrong())).toBe('wrong')
  expect(await countsNow('alice')).toEqual([])
  expect(await activate(ticket, shown())).toBeNull()
  expect(await countsNow('alice')).toEqual(['hardware_code'])
  expect((await securityInfo(world, ticket)).held).toMatchObject([
    { isWaiting: false, confirmedAt: world.clock.now(), countsFrom: null },
  ])
  expect(await told()).toEqual(['method_added alice@example.test'])
  expect((await reasons()).slice(-2)).toEqual(['enrollment.add_refused wrong', 'enrollment.confirmed'])
  const stored = await world.store.read(tx => tx.enrollments.get(id))
  const judged = world.methods.hardware_code.judge(methodContext(world, ''), stored?.secret ?? '', '', {
    kind: 'code',
    code: shown(),
  })
  expect(judged).toEqual({ verdict: 'failed' })
})

test('of many who activate at once with the right code, one does', async () => {
  const tickets = await Promise.all(Array.from({ length: 4 }, () => entered('alice')))
  const code = shown()
  const said = await Promise.all(
    tickets
      .flatMap(ticket => [activate(ticket, code), activate(ticket, code)])
      .map(each => each.catch((error: { code: string }) => error.code)),
  )
  expect(said.filter(each => each === null)).toHaveLength(1)
  expect(new Set(said)).toEqual(new Set([null, 'not-found']))
  expect(await told()).toHaveLength(1)
})

test('wrong codes wait longer and longer, and in the end the token rests, the right code too', async () => {
  let ticket = await entered('alice')
  for (let n = 1; n <= 5; n++) expect(await activate(ticket, wrong())).toBe('wrong')
  await expect(activate(ticket, shown())).rejects.toMatchObject({ code: 'too-many', retryAfterSeconds: 30 })
  for (let n = 6; n <= 30; n++) {
    world.clock.advance(minutes(61))
    ticket = await entered('alice')
    expect(await activate(ticket, wrong())).toBe('wrong')
  }
  expect(await told()).toEqual(['failures alice@example.test', 'failures alice@example.test'])
  world.clock.advance(minutes(61 * 24))
  ticket = await entered('alice')
  await expect(activate(ticket, shown())).rejects.toMatchObject({ code: 'too-many' })
  expect(await countsNow('alice')).toEqual([])
  expect(await enableEnrollments(world, 'alice')).toBe(1)
  expect(await activate(ticket, shown())).toBeNull()
})

test('nobody activates the token of another, nor one that is active, nor what is none', async () => {
  const bob = await entered('bob')
  await expect(activate(bob, shown())).rejects.toMatchObject({ code: 'not-found' })
  const alice = await entered('alice')
  await expect(activate(alice, shown(), 'none')).rejects.toMatchObject({ code: 'not-found' })
  expect(await activate(alice, shown())).toBeNull()
  world.clock.advance(seconds(60))
  await expect(activate(alice, shown())).rejects.toMatchObject({ code: 'not-found' })
})

test('a sign-in that is no longer fresh must prove anew', async () => {
  const ticket = await entered('alice')
  world.clock.advance(minutes(11))
  expect(await activate(ticket, shown())).toBe('stale')
  expect(await countsNow('alice')).toEqual([])
})

test('a token that waits is no first registration, and takes the place of an app', async () => {
  await world.store.transact(async tx => {
    const { registration, ...settings } = await currentSettings(tx)
    const stored = await tx.settings.current()
    const strict = { ...settings, registration: { ...registration, first: 'pass' } }
    await tx.settings.save(stored?.version ?? 0, strict, world.clock.now())
  })
  const ticket = await entered('alice')
  expect(await beginRegistration(world, ticket, 'app_code', null)).toEqual({
    ...{ said: 'refused', why: 'first_needs_pass' },
  })
  for (const n of [2, 3, 4, 5]) {
    const token = { login: 'alice', serial: `GALT-${n}`, period: 30, manufacturer: '', model: '' }
    await assignToken(world, { ...token, secret: `${SECRET.slice(2)}A${'ABCDEF'[n]}` }, HOW)
  }
  expect((await securityInfo(world, ticket)).addable).not.toContain('app_code')
})
