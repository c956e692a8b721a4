import { afterEach, describe, expect, test } from 'vitest'
import { type BuiltinRig, type BuiltinRigOptions, builtinRig } from '../../rig/builtin.ts'
import type { AccountRef } from '../account.ts'
import { days, minutes } from '../lib/clock.ts'
import { createHashQueue } from '../lib/hash-queue.ts'
import { createPasswordHash, type PasswordHash } from './builtin/password-hash.ts'

const CHEAP = { memoryCost: 256, timeCost: 1, parallelism: 1, outputLen: 32 }
const cheap = (): PasswordHash => createPasswordHash(createHashQueue(2, 1_000), CHEAP)
const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const ref = (id: string): AccountRef => ({ directory: 'people', id })
const ok = { ok: true }
const refused = (reason: string, value?: number) => ({
  ok: false,
  refusal: { reason, ...(value === undefined ? {} : { value }) },
})

const opened: BuiltinRig[] = []
async function open(options: BuiltinRigOptions = {}): Promise<BuiltinRig> {
  const rig = await builtinRig({ hash: cheap(), ...options })
  opened.push(rig)
  return rig
}
afterEach(async () => {
  for (const rig of opened.splice(0)) await rig.stop()
})

const set = ({ directory }: BuiltinRig, id: string, password: string, unlock = true) =>
  directory.setPassword(ref(id), { password, unlock, key: 'test' }, soon())
const change = ({ directory }: BuiltinRig, id: string, old: string, password: string) =>
  directory.changePassword(ref(id), { old, password, key: 'test' }, soon())
const signIn = ({ directory }: BuiltinRig, id: string, password: string) =>
  directory.authenticate(ref(id), password, soon())

describe('history', () => {
  test('as many former passwords as the policy says are refused, for a reset too, and the next one is free', async () => {
    const rig = await open({ policy: { history: 2 } })
    const id = await rig.add('ana', 'password-0')
    for (const number of [1, 2, 3]) expect(await set(rig, id, `password-${number}`)).toEqual(ok)
    expect(await set(rig, id, 'password-3')).toEqual(refused('same_as_current'))
    expect(await set(rig, id, 'password-2')).toEqual(refused('in_history', 2))
    expect(await change(rig, id, 'password-3', 'password-1')).toEqual(refused('in_history', 2))
    expect((await rig.person(id)).history).toHaveLength(2)
    expect(await set(rig, id, 'password-0')).toEqual(ok)
  })

  test('without history anything goes, and the directory says so', async () => {
    const rig = await open({ policy: { history: 0 } })
    const id = await rig.add('ana', 'password-0')
    expect(rig.directory.can.historyOnReset).toBe(false)
    expect(await set(rig, id, 'password-0')).toEqual(ok)
    expect((await rig.person(id)).history).toEqual([])
  })
})

describe('locking', () => {
  test('however many wrong passwords run at once, no more than the threshold are judged', async () => {
    const rig = await open({ policy: { lockoutThreshold: 5 } })
    const id = await rig.add('ana', 'password-0')
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => signIn(rig, id, `wrong-${at}`)))
    expect(answers.filter(answer => answer === 'no')).toHaveLength(5)
    expect(answers.filter(answer => answer === 'locked')).toHaveLength(45)
    expect(await signIn(rig, id, 'password-0')).toBe('locked')
    expect(await change(rig, id, 'password-0', 'password-1')).toEqual({ ok: false, refusal: 'locked' })
  })

  test('a lock ends by itself, and the count begins anew', async () => {
    const rig = await open({ policy: { lockoutThreshold: 2, lockoutMs: minutes(15) } })
    const id = await rig.add('ana', 'password-0')
    for (const wrong of ['wrong-0', 'wrong-1']) await signIn(rig, id, wrong)
    rig.clock.advance(minutes(15) - 1)
    expect(await signIn(rig, id, 'password-0')).toBe('locked')
    rig.clock.advance(1)
    expect((await rig.directory.read(ref(id), soon()))?.locked).toBe(false)
    expect(await signIn(rig, id, 'wrong-2')).toBe('no')
    expect(await signIn(rig, id, 'password-0')).toBe('yes')
    expect((await rig.person(id)).wrongPasswords).toBe(0)
  })

  test('wrong old passwords count like any, a right one forgets them', async () => {
    const rig = await open({ policy: { lockoutThreshold: 3 } })
    const id = await rig.add('ana', 'password-0')
    for (const wrong of ['wrong-0', 'wrong-1'])
      expect(await change(rig, id, wrong, 'password-1')).toEqual({ ok: false, refusal: 'wrong_old' })
    expect((await rig.person(id)).wrongPasswords).toBe(2)
    expect(await change(rig, id, 'password-0', 'password-1')).toEqual(ok)
    expect(await rig.person(id)).toMatchObject({ wrongPasswords: 0, lockedUntil: null })
  })

  test('a reset that does not unlock leaves the lock', async () => {
    const rig = await open()
    const id = await rig.add('ana', 'password-0', { wrongPasswords: 10, lockedUntil: Date.UTC(2027, 0) })
    expect(await set(rig, id, 'password-1', false)).toEqual(ok)
    expect(await signIn(rig, id, 'password-1')).toBe('locked')
  })

  test('a threshold of none never locks', async () => {
    const rig = await open({ policy: { lockoutThreshold: 0 } })
    const id = await rig.add('ana', 'password-0')
    for (let wrong = 0; wrong < 20; wrong++) expect(await signIn(rig, id, 'wrong')).toBe('no')
    expect((await rig.directory.read(ref(id), soon()))?.lockoutThreshold).toBeNull()
  })
})

describe('what becomes of a password', () => {
  test('it ends after as many days as the policy says, from the moment it was set', async () => {
    const rig = await open({ policy: { maxAgeDays: 90 } })
    const id = await rig.add('ana', 'password-0')
    await set(rig, id, 'password-1')
    rig.clock.advance(days(90) - 1)
    expect(await signIn(rig, id, 'password-1')).toBe('yes')
    rig.clock.advance(1)
    expect(await signIn(rig, id, 'password-1')).toBe('must_change')
    expect(await rig.directory.read(ref(id), soon())).toMatchObject({ status: 'active', mustChange: true })
  })

  test('wrong passwords in between do not look like a change', async () => {
    const rig = await open()
    const id = await rig.add('ana', 'password-0')
    const mark = (await rig.directory.read(ref(id), soon()))?.mark ?? ''
    await signIn(rig, id, 'wrong')
    expect(await rig.directory.outcome(ref(id), mark, soon())).toBe('unchanged')
    await set(rig, id, 'password-1')
    expect(await rig.directory.outcome(ref(id), mark, soon())).toBe('changed')
  })

  test('a mark from the future, as after a restored backup, is unknown', async () => {
    const rig = await open()
    const id = await rig.add('ana', 'password-0')
    const mark = String(rig.clock.now() + 1_000)
    expect(await rig.directory.outcome(ref(id), mark, soon())).toBe('unknown')
  })

  test('of two resets at once one is written, the other knows that it was not', async () => {
    const rig = await open()
    const id = await rig.add('ana', 'password-0')
    const tries = ['password-1', 'password-2'].map(password => set(rig, id, password))
    const settled = await Promise.allSettled(tries)
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const lost = settled.find(each => each.status === 'rejected')
    expect(lost?.reason).toMatchObject({ name: 'DirectoryError', sent: false })
    const winner = settled[0]?.status === 'fulfilled' ? 'password-1' : 'password-2'
    expect(await signIn(rig, id, winner)).toBe('yes')
  })

  test('an account that is disabled while its password is hashed is not written', async () => {
    const slow = cheap()
    let meanwhile = async (): Promise<void> => {}
    const hash: PasswordHash = {
      ...slow,
      async hash(password, signal) {
        await meanwhile()
        return await slow.hash(password, signal)
      },
    }
    const rig = await open({ hash })
    const id = await rig.add('ana', 'password-0')
    meanwhile = () => rig.change(id, { status: 'disabled' })
    expect(await set(rig, id, 'password-1')).toEqual(refused('not_allowed'))
    expect(await signIn(rig, id, 'password-0')).toBe('disabled')
  })

  test('somebody without a password proves nothing, and gets one by a reset', async () => {
    const rig = await open()
    const id = await rig.add('ana', null)
    expect(await signIn(rig, id, '')).toBe('no')
    expect(await signIn(rig, id, 'nobody has this password')).toBe('no')
    expect(await set(rig, id, 'password-1')).toEqual(ok)
    expect(await signIn(rig, id, 'password-1')).toBe('yes')
  })
})

test('the account says what the store knows', async () => {
  const rig = await open({ policy: { minLength: 9, history: 3 } })
  rig.groupsAround['staff'] = ['everybody']
  rig.groupsAround['everybody'] = ['staff', 'people']
  const id = await rig.add('ana@example.test', 'password-0', {
    displayName: 'Ana Poll',
    administrator: true,
    groups: ['staff'],
    recoveryMail: ['ana@example.org', 'ana@mail.example.test'],
  })
  expect(await rig.directory.find('ANA', soon())).toMatchObject({
    ref: ref(id),
    privileged: true,
    protectedBecause: null,
    groups: ['staff', 'everybody', 'people'],
    contacts: [{ method: 'email', attribute: 'recoveryMail', address: 'ana@example.org' }],
    names: ['ana', 'Ana Poll'],
    rules: [
      { name: 'min_length', value: 9 },
      { name: 'max_length', value: 256 },
      { name: 'history', value: 3 },
    ],
  })
})

test('people are found by a word of their name, groups page by page', async () => {
  const rig = await open()
  await rig.add('ana', null, {
    displayName: 'Ana Poll',
    groups: Array.from({ length: 130 }, (_, at) => `g${at}`),
  })
  expect((await rig.directory.search('póLL', null, soon())).items).toMatchObject([{ login: 'ana' }])
  expect((await rig.directory.search('oll', null, soon())).items).toEqual([])
  const first = await rig.directory.groups('G', null, soon())
  const second = await rig.directory.groups('G', first.next, soon())
  expect([first.items.length, second.items.length, second.next]).toEqual([100, 30, null])
})
