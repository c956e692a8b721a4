// Three hundred people with passkeys, without any, and nobody, asked in turns: no answer comes sooner (security.md ENU-02).
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Authenticator, createAuthenticator } from '../../rig/authenticator.ts'
import { configOf } from '../../rig/openldap.ts'
import { enrolPasskey } from '../../rig/passkeys.ts'
import { type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { type Slapd, startSlapd } from '../../rig/slapd.ts'
import { loadOfMachine, separations, told } from '../../rig/timing.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import { systemClock } from '../lib/clock.ts'

const rounds = Array.from({ length: 300 }, (_, round) => round)
/** `keys` has three passkeys, `never` nothing. */
const KINDS = ['keys', 'never', 'unknown'] as const
const loginOf = (kind: string, round: number): string => `${kind}${1000 + round}`

let slapd: Slapd
let world: TestWorld
let portal: RunningPortal
const held = new Map<number, Authenticator>()
beforeAll(async () => {
  const users = rounds.flatMap(round => ['keys', 'never'].map(kind => ({ uid: loginOf(kind, round) })))
  slapd = await startSlapd({ users })
  world = await testWorld([createLdapDirectory(configOf(slapd, slapd.url), systemClock)])
  portal = await startPortal(world)
  for (const round of rounds) {
    for (const _ of [1, 2]) await enrolPasskey(world, loginOf('keys', round))
    const { authenticator } = await enrolPasskey(world, loginOf('keys', round))
    held.set(round, authenticator)
  }
}, 600_000)
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await slapd.stop()
})

const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map(each => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)

it('tells by its time neither who has a passkey nor whether a credential is somebody’s', async () => {
  const samples = told()
  const stranger = createAuthenticator()
  for (const round of rounds) {
    for (const kind of shuffled(KINDS)) {
      const source = `10.${round >> 8}.${round & 255}.${KINDS.indexOf(kind) + 1}`
      const reset: HeldReset = await portal.start(loginOf(kind, round), {}, source)
      const timed = async (step: string, deed: () => Promise<{ readonly status: number }>) => {
        const from = performance.now()
        const { status } = await deed()
        samples.add(step, kind, performance.now() - from)
        return status
      }
      expect(await timed('CHOOSE', () => reset.choose('passkey'))).toBe(201)
      const prompt = reset.told().challenge?.prompt
      if (prompt?.kind !== 'passkey') throw new Error('no passkey is asked for')
      const mine = stranger.assert(prompt.options, portal.origin, { user: 'AAAA' })
      expect(await timed('VERIFY', () => reset.assert(mine))).toBe(422)
      const id = held.get(round)?.id ?? ''
      const named = stranger.assert(prompt.options, portal.origin, { id, user: 'AAAA' })
      expect(await timed('VERIFY by its name', () => reset.assert(named))).toBe(422)
    }
  }
  const found = separations(samples, 'unknown')
  console.log(`ENU-02, passkeys, ${rounds.length} pairs a step, ${loadOfMachine()}`)
  for (const { text } of found) console.log(text)
  expect(found.filter(({ apart }) => apart)).toEqual([])
})
