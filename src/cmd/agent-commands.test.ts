import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Cli, openCli } from '../../rig/cli.ts'
import { enrollAgent } from '../actions/agent-enroll.ts'
import type { World } from '../actions/world.ts'
import type { Heartbeat } from '../agent.ts'
import { enrolmentRequestMac, inviteOf } from '../agent-keys.ts'
import { systemClock, toRfc3339 } from '../lib/clock.ts'
import { fingerprintOf, newSecretHalves, ownKeys } from '../lib/key-pair.ts'
import { readDeployment } from './config.ts'
import { openWorld } from './wire.ts'

let cli: Cli
beforeEach(() => {
  cli = openCli({
    directories: [
      { name: 'local', kind: 'builtin', domains: ['example.test'] },
      { name: 'site', kind: 'agent', domains: ['example.org'] },
    ],
  })
})
afterEach(() => cli.remove())

const run = async (...words: string[]) => {
  const { code, out, err } = await cli.run(['agent', ...words])
  return { code, text: out + err }
}
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function inWorld<T>(work: (world: World) => Promise<T>): Promise<T> {
  const read = readDeployment(cli.config, {})
  if (!read.ok) throw new Error(read.mistakes.join())
  const opened = await openWorld(read.deployment, quiet)
  try {
    return await work(opened.world)
  } finally {
    await opened.close()
  }
}

/** As an agent does from afar; gives its fingerprint. */
async function enrol(code: string, name: string): Promise<string> {
  const invite = inviteOf(code) ?? { id: '', key: '' }
  const keys = ownKeys(newSecretHalves()).public
  const mac = enrolmentRequestMac(invite.key, { name, agent: keys })
  await inWorld(world => enrollAgent(world, { v: 1, invitation: invite.id, name, keys, mac }, '192.0.2.1'))
  return fingerprintOf(keys)
}

const beat = (at: number): Heartbeat => ({
  ...{ at, version: '1.2.3', clockOffsetMs: -20, reachable: true, writable: false, paused: true },
  can: { reset: true, change: true, unlock: true, authenticate: true, historyOnReset: true },
  findings: [{ level: 'warning', text: 'The service account may do too much.' }],
})

it('invites, confirms, lists, asks for new keys, and revokes', async () => {
  expect((await run('list')).text).toBe('There is no agent.\n')
  const invited = await cli.run(['agent', 'invite', 'site', 'one'])
  expect(invited.out).toMatch(/^([A-Z2-7]{5}-){5}[A-Z2-7]\n$/)
  expect(invited.err).toContain('good once')
  const fingerprint = await enrol(invited.out.trim(), 'one')
  expect((await run('list')).text).toBe(`one  site  waiting for confirmation  ${fingerprint}  never seen\n`)
  expect(await run('confirm', 'one', `${fingerprint.slice(0, -1)}!`)).toMatchObject({ code: 1 })
  expect(await run('confirm', 'one', fingerprint)).toMatchObject({ code: 0 })
  expect((await run('list')).text).toContain('one  site  not connected')
  const at = systemClock.now()
  await inWorld(world =>
    world.store.transact(async tx => {
      const [agent] = await tx.agents.list()
      await tx.agents.noteHeartbeat(agent?.id ?? '', beat(at))
    }),
  )
  expect((await run('list')).text).toBe(
    `one  site  needs attention  ${fingerprint}  version 1.2.3  seen ${toRfc3339(at)}  clock -20 ms  cannot write  paused: unusually many writes\n` +
      '  warning: The service account may do too much.\n',
  )
  expect((await run('roll', 'one')).code).toBe(0)
  expect((await run('roll')).code).toBe(0)
  expect((await run('revoke', 'one')).code).toBe(0)
  expect((await run('list')).text).toContain('one  site  revoked')
  for (const words of [
    ['revoke', 'one'],
    ['roll', 'one'],
    ['confirm', 'one', fingerprint],
  ])
    expect(await run(...words)).toEqual({ code: 1, text: 'There is no agent "one".\n' })
  const names = await inWorld(async world =>
    (await world.store.read(tx => tx.auditRecords(0, 99))).map(({ name }) => name),
  )
  expect(names).toEqual([
    ...['agent.invited', 'agent.enrolled', 'agent.confirmed'],
    ...['agent.keys_asked', 'agent.keys_rolled', 'agent.revoked'],
  ])
})

it('invites nobody where no agent would ever be asked', async () => {
  expect((await run('invite', 'nowhere', 'one')).text).toContain('no directory "nowhere"')
  expect((await run('invite', 'local', 'one')).text).toContain('not behind agents')
  expect((await run('invite', 'site', 'A b')).text).toContain('A name has')
  for (const words of [
    ['invite', 'site'],
    ['confirm', 'one'],
    ['list', 'x'],
    ['revoke'],
    ['roll', 'a', 'b'],
    ['x'],
  ])
    expect((await run(...words)).code, words.join(' ')).toBe(2)
})
