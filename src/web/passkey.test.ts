// A passkey in place of a code, attacked over the API (security.md TOK-04, TOK-06, ENU-01, ENU-08; decisions 3.6).
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, createAuthenticator, type Lie } from '../../rig/authenticator.ts'
import { enrolPasskey } from '../../rig/passkeys.ts'
import { type Answer, type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  appCodeNow,
  enrol,
  mailedCode,
  privateMailOf,
  records,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { hours, minutes } from '../lib/clock.ts'
import type { Assertion, PasskeyPrompt } from '../method.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
let keys: Readonly<Record<'alice' | 'alice2' | 'p01', Authenticator>>

beforeAll(async () => {
  victims = await startVictims()
  world = await testWorld([victims.directory])
  portal = await startPortal(world)
  const give = async (login: string) => (await enrolPasskey(world, login)).authenticator
  keys = { alice: await give('alice'), alice2: await give('alice'), p01: await give('p01') }
  for (const login of ['alice', 'bob', 'p01']) await enrol(world, login, ['app_code', 'email'])
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await victims.stop()
})

const optionsOf = (reset: HeldReset): PasskeyPrompt['options'] => {
  const prompt = reset.told().challenge?.prompt
  if (prompt?.kind !== 'passkey') throw new Error('no passkey is asked for')
  return prompt.options
}
const asserted = (reset: HeldReset, key: Authenticator, lie?: Lie): Assertion =>
  key.assert(optionsOf(reset), portal.origin, lie)

let source = 0
const begun = async (login: string): Promise<HeldReset> => {
  source += 1
  const reset = await portal.start(login, {}, `198.51.100.${source}`)
  await reset.choose('passkey')
  world.clock.advance(minutes(10))
  return reset
}

describe('a reset', () => {
  it('with a passkey and a code by mail ends with a new password', async () => {
    const reset = await begun('alice')
    expect((await reset.assert(asserted(reset, keys.alice))).status).toBe(200)
    expect(reset.told()).toMatchObject({ state: 'proving', gates: { passed: 1 } })
    expect(reset.told().methods?.map(({ name }) => name)).toEqual(['app_code', 'email'])
    await reset.choose('email')
    await reset.answer(await mailedCode(world, privateMailOf('alice')))
    await reset.password('a quite new password')
    expect(reset.told().state).toBe('done')
    expect(await victims.binds('alice', 'a quite new password')).toBe(true)
  })

  it('takes any passkey of the account behind the one option, and keeps which one it was', async () => {
    const proved = async (key: Authenticator, beside: 'app_code' | null) => {
      const reset = await begun('alice')
      if (beside) {
        await reset.choose(beside)
        await reset.answer(appCodeNow(world))
        expect(reset.told().methods?.filter(({ name }) => name === 'passkey')).toHaveLength(1)
        await reset.choose('passkey')
      }
      expect((await reset.assert(asserted(reset, key))).status).toBe(200)
      const row = await world.store.read(tx => tx.resets.lock(reset.id()))
      const enrollment = row?.reset.passed.at(-1)?.enrollment ?? ''
      const kept = await world.store.read(tx => tx.enrollments.get(enrollment))
      return JSON.parse(kept?.secret ?? '{}').id
    }
    expect(await proved(keys.alice, null)).toBe(keys.alice.id)
    expect(await proved(keys.alice2, null)).toBe(keys.alice2.id)
    world.clock.advance(minutes(1))
    expect(await proved(keys.alice2, 'app_code')).toBe(keys.alice2.id)
  })
})

describe('an assertion', () => {
  const refusedAs = async (reset: HeldReset, passkey: unknown): Promise<void> => {
    const answer = await reset.assert(passkey)
    expect(answer.status).toBe(422)
    expect(answer.told).toMatchObject({ type: 'urn:postern:problem:answer-wrong', gates: { passed: 0 } })
  }

  it('for another origin, another account or another challenge is one refusal, changes nothing and is on record', async () => {
    const before = (await records(world)).length
    const reset = await begun('alice')
    const other = await begun('p01')
    await refusedAs(reset, asserted(reset, keys.alice, { origin: 'https://localhost.example.test' }))
    await refusedAs(reset, asserted(reset, keys.p01))
    await refusedAs(reset, keys.alice.assert(optionsOf(other), portal.origin))
    await refusedAs(other, keys.alice.assert(optionsOf(reset), portal.origin))
    await refusedAs(other, { ...asserted(other, keys.p01), ...{ id: keys.alice.id, rawId: keys.alice.id } })
    const failed = (await records(world)).slice(before).filter(({ name }) => name === 'reset.answer_failed')
    expect(failed.map(({ method, result }) => `${method} ${result}`)).toEqual(
      Array(5).fill('passkey refused'),
    )
    expect((await reset.assert(asserted(reset, keys.alice))).status).toBe(200)
  })

  it('that was used is of no use again: in its own reset, in another, or by thirty-two at once', async () => {
    const reset = await begun('p01')
    const right = asserted(reset, keys.p01)
    const at = Array.from({ length: 32 }, () => reset.assert(right))
    const statuses = (await Promise.all(at)).map(({ status }) => status)
    expect(statuses.filter(status => status === 200)).toHaveLength(1)
    expect((await reset.assert(right)).status).toBe(409)
    const other = await begun('p01')
    await refusedAs(other, right)
    expect((await other.assert(asserted(other, keys.p01))).status).toBe(200)
  })

  it('of a copied key, whose counter stands still, is refused', async () => {
    const reset = await begun('p01')
    for (const counter of [0, 1]) await refusedAs(reset, asserted(reset, keys.p01, { counter }))
    expect((await reset.assert(asserted(reset, keys.p01))).status).toBe(200)
  })

  it('of a key that was removed meanwhile proves nothing', async () => {
    const { authenticator, id } = await enrolPasskey(world, 'p01')
    const reset = await begun('p01')
    await world.store.transact(tx => tx.enrollments.remove(id))
    await refusedAs(reset, asserted(reset, authenticator))
  })

  it('of a key that does not count yet proves nothing, beside one that does', async () => {
    const cold = createAuthenticator()
    const cooling = await enrolPasskey(world, 'p01', { authenticator: cold, coolsMs: hours(24) })
    const reset = await begun('p01')
    await refusedAs(reset, asserted(reset, cold))
    expect((await reset.assert(asserted(reset, keys.p01))).status).toBe(200)
    await world.store.transact(tx => tx.enrollments.remove(cooling.id))
  })

  it('that breaks its form is malformed, whatever the size, and costs no try', async () => {
    const reset = await begun('p01')
    const right = asserted(reset, keys.p01)
    const { response } = right
    const broken = [
      ...[null, 7, 'x', [], {}],
      { ...right, more: 1 },
      { ...right, type: 'password' },
      { ...right, response: { ...response, signature: '' } },
      { ...right, response: { ...response, signature: 'not base64url!' } },
      { ...right, response: { ...response, authenticatorData: 'A'.repeat(5_000) } },
      { ...right, response: { ...response, userHandle: 'A'.repeat(100) } },
      { ...right, clientExtensionResults: [] },
    ]
    for (const passkey of broken) expect((await reset.assert(passkey)).status).toBe(400)
    const huge = { ...right, response: { ...response, signature: 'A'.repeat(1_000_000) } }
    expect((await reset.assert(huge)).status).toBe(413)
    await reset.get()
    expect(reset.told().challenge?.tries_left).toBe(5)
  })
})

describe('a stranger', () => {
  it('is asked the same by everybody, and told the same of every answer', async () => {
    const masked = ({ status, headers, text }: Answer): string =>
      [
        status,
        ...Object.keys(headers),
        text
          .replace(
            /"(id|token|reference|method|challenge)":"([^"]*)"/g,
            (_, name, value) => `${name} ${value.length}`,
          )
          .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, at => `+${(Date.parse(at) - world.clock.now()) / 1000}s`),
      ].join('\n')
    const transcript = async (login: string): Promise<string[]> => {
      const reset = await begun(login)
      const said = [reset.started, await reset.choose('passkey'), await reset.get()]
      const mine = createAuthenticator()
      for (let tries = 0; tries < 6; tries++)
        said.push(await reset.assert(asserted(reset, mine, { user: 'AAAA' })))
      said.push(await reset.choose('passkey'), await reset.assert({ no: 'form' }))
      expect(said.map(({ status }) => status)).toEqual([201, 201, 200, ...Array(6).fill(422), 429, 400])
      return said.map(masked)
    }
    // Two passkeys, none, not even an account.
    const [alice, bob, nobody] = [
      await transcript('alice'),
      await transcript('bob'),
      await transcript('zz999'),
    ]
    expect(bob).toEqual(alice)
    expect(nobody).toEqual(alice)
  })
})
