// Clients in numbers: a body of a gigabyte, two thousand slow connections, five hundred sign-ins at once
// (security.md DOS-01, DOS-03, DOS-04).
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { type Child, startChild, type TempFolder, tempFolder } from '../../rig/child.ts'
import type { FloodOrder, FloodReport, FloodRequest } from '../../rig/flood-client.ts'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { root } from '../../rig/source.ts'
import { quantile } from '../../rig/statistics.ts'
import { loadOfMachine } from '../../rig/timing.ts'
import { enrol, realRules } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { guarded } from '../directories/guarded.ts'
import { pause, systemClock } from '../lib/clock.ts'

const PARALLEL = 500
const HEALTH_MS_MAX = 200
const GIGABYTE = 2 ** 30
const GROWTH_MB_MAX = 64

let rig: BuiltinRig
let world: TestWorld
let portal: RunningPortal
let folder: TempFolder

const loginOf = (index: number): string => `crowd${1000 + index}`
const sourceOf = (index: number): string => `10.1.${index >> 8}.${index & 255}`
const crowd = Array.from({ length: PARALLEL }, (_, index) => index)

beforeAll(async () => {
  folder = tempFolder('flood')
  rig = await builtinRig()
  // One hash for all: what it costs to check is the same.
  const passwordHash = await rig.hash.hash('the right old password', AbortSignal.timeout(15_000))
  for (const index of crowd) await rig.add(loginOf(index), null, { passwordHash })
  const file = join(folder.path, 'store.db')
  world = await testWorld([guarded(rig.directory, systemClock)], {
    ...{ file, clock: rig.clock, passwordRules: realRules },
    settings: { sourceBudget: 1000 },
  })
  portal = await startPortal(world)
}, 120_000)
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await rig.stop()
  folder.remove()
})

const client = (order: FloodOrder): Child =>
  startChild(process.execPath, [join(root, 'rig/flood-client.ts'), JSON.stringify(order)])

/** What the flood was answered, and how quickly the server's health was meanwhile, from a second before on. */
async function flood(order: FloodOrder): Promise<FloodReport> {
  const asking = client({ kind: 'health', port: portal.port })
  await pause(1_000)
  const flooding = client(order)
  const told = await reported(flooding)
  asking.signal('SIGTERM')
  return { ...told, health: (await reported(asking)).health }
}

async function reported(child: Child): Promise<FloodReport> {
  await child.wrote(/\n$/, 300_000)
  await child.stop()
  return JSON.parse(child.log()) // by the rig's own program
}

function tellHealth(row: string, { health }: FloodReport): void {
  const [middle, late, worst] = [0.5, 0.99, 1].map(share => quantile(health, share).toFixed(0))
  console.log(
    `${row}: health asked ${health.length} times, median ${middle}, p99 ${late}, worst ${worst} ms (${loadOfMachine()})`,
  )
}

describe('a body of a gigabyte (DOS-01)', () => {
  it.each(['length', 'chunked'] as const)(
    'announced by its %s is refused, and kept nowhere',
    async framing => {
      let most = 0
      const before = process.memoryUsage.rss()
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss())
      }, 10)
      const report = await flood({ kind: 'stream', port: portal.port, bytes: GIGABYTE, framing })
      clearInterval(watch)
      const [answer] = report.answers
      console.log(
        `DOS-01, ${framing}: ${answer?.status} after ${answer?.ms.toFixed(0)} ms and ${(report.sent / 1e6).toFixed(1)} MB, process grew by ${((most - before) / 1e6).toFixed(1)} MB`,
      )
      tellHealth('DOS-01', report)
      expect(answer?.status).toBe(413)
      expect((most - before) / 1e6).toBeLessThan(GROWTH_MB_MAX)
      expect(quantile(report.health, 0.99)).toBeLessThan(HEALTH_MS_MAX)
    },
  )
})

describe('two thousand slow connections (DOS-03)', () => {
  it('are ended, and others are served meanwhile', async () => {
    const flooding = flood({ kind: 'slow', port: portal.port, connections: 2_000, withinMs: 60_000 })
    let served = 0
    const others = setInterval(async () => {
      const { status } = (await portal.start(loginOf(served % PARALLEL), {}, sourceOf(served % PARALLEL)))
        .started
      if (status === 201) served += 1
    }, 200)
    const report = await flooding
    clearInterval(others)
    console.log(
      `DOS-03: ${report.opened} slow connections, ended after ${quantile(report.ended, 0).toFixed(0)} to ${quantile(report.ended, 1).toFixed(0)} ms, ${served} resets started meanwhile`,
    )
    tellHealth('DOS-03', report)
    expect([report.opened, report.ended.length]).toEqual([2_000, 2_000])
    // Ten seconds for headers, twenty for a request, two between two looks, and a machine that is busy.
    expect(quantile(report.ended, 1)).toBeLessThan(30_000)
    expect(served).toBeGreaterThan(40)
    expect(quantile(report.health, 0.99)).toBeLessThan(HEALTH_MS_MAX)
  })
})

describe('five hundred at once (DOS-04)', () => {
  const all = (requests: readonly FloodRequest[]): Promise<FloodReport> => {
    const file = join(folder.path, 'requests.json')
    writeFileSync(file, JSON.stringify(requests))
    return flood({ kind: 'parallel', port: portal.port, file })
  }
  const count = ({ answers }: FloodReport, status: number): number =>
    answers.filter(answer => answer.status === status).length

  it('that change a password are hashed in a bounded line; the rest is sent away and told when', async () => {
    const requests = await Promise.all(crowd.map(changeOf))
    const report = await all(requests)
    console.log(
      `DOS-04: of ${PARALLEL} wrong old passwords at once ${count(report, 422)} were judged, ${count(report, 503)} sent away, last answer after ${quantile(
        report.answers.map(({ ms }) => ms),
        1,
      ).toFixed(0)} ms`,
    )
    tellHealth('DOS-04, changes', report)
    expect(count(report, 422) + count(report, 503)).toBe(PARALLEL)
    expect(count(report, 422)).toBeGreaterThan(0)
    expect(count(report, 503)).toBeGreaterThan(0)
    for (const { status, retryAfter } of report.answers)
      if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0)
    expect(quantile(report.health, 0.99)).toBeLessThan(HEALTH_MS_MAX)
  })

  it('that answer a challenge are all judged', async () => {
    const requests: FloodRequest[] = []
    for (const index of crowd) requests.push(await answerOf(index))
    const report = await all(requests)
    console.log(
      `DOS-04: of ${PARALLEL} wrong answers at once ${count(report, 422)} were judged, ${count(report, 503)} sent away`,
    )
    tellHealth('DOS-04, answers', report)
    expect(count(report, 422) + count(report, 503)).toBe(PARALLEL)
    expect(quantile(report.health, 0.99)).toBeLessThan(HEALTH_MS_MAX)
  })
})

async function changeOf(index: number): Promise<FloodRequest> {
  const source = sourceOf(index)
  const browser = portal.browser(source)
  await browser.get('/change')
  const fields = {
    ...{ form_token: browser.field('form_token'), login: loginOf(index), old: 'not the old password' },
    ...{ password: 'quite another 4711', bot_check: await portal.solve(source) },
  }
  return {
    method: 'POST',
    path: '/change',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-for': source,
      cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    },
    body: new URLSearchParams(fields).toString(),
  }
}

/** A wrong app code for a reset of its own; the first fifty belong to people who have one. */
async function answerOf(index: number): Promise<FloodRequest> {
  if (index < 50) await enrol(world, loginOf(index), ['app_code', 'recovery_code'])
  const source = sourceOf(index)
  const reset = await portal.start(loginOf(index), {}, source)
  await reset.choose('app_code')
  return {
    method: 'POST',
    path: `/api/v1/resets/${reset.id()}/answers`,
    headers: {
      ...{ 'content-type': 'application/json', 'x-forwarded-for': source },
      authorization: `Bearer ${reset.token()}`,
    },
    body: JSON.stringify({ code: '000000' }),
  }
}
