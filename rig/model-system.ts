// What the model is held against: the real actions on a SQLite file, the built-in directory in it with one person, and
// the ways in which a test can break them, above all a kill at a labelled point.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { deliverDue } from '../src/actions/deliver.ts'
import { importLine } from '../src/actions/enroll.ts'
import { settleDue } from '../src/actions/settle.ts'
import type { CrashPoint } from '../src/actions/world.ts'
import { createNone } from '../src/bot-checks/none.ts'
import { createLog } from '../src/lib/log.ts'
import { newBase32, newToken, systemRandom } from '../src/lib/random.ts'
import type { Key } from '../src/lib/seal.ts'
import type { Settings } from '../src/settings.ts'
import type { Person } from '../src/store/store.ts'
import { filesIn } from './canary.ts'
import { tempFolder } from './child.ts'
import { type FakeClock, fakeClock } from './clock.ts'
import { ringOf } from './keys.ts'
import {
  addPerson,
  type BrokenDirectory,
  brokenDirectory,
  builtinOn,
  LOGIN,
  opens,
  setStatus,
} from './model-directory.ts'
import { realRules } from './victims.ts'
import { type Sent, type TestWorld, testWorld } from './world.ts'

/** Thrown where the process would have died. Nothing of ours may catch it and go on. */
export class Killed extends Error {}

export const MAILBOX = 'ana@private.example'

export type System = {
  readonly clock: FakeClock
  readonly directory: BrokenDirectory
  /** Everything that was mailed, over all kills. */
  readonly sent: readonly Sent[]
  /** What the person has: a password, the seed of an app, saved codes. */
  readonly first: string
  readonly seed: string
  readonly codes: readonly string[]
  world(): TestWorld
  /** The process dies when it comes to this point; null: it does not. */
  kill(point: CrashPoint | null): void
  /** The next process, on what the last one left. */
  reopen(): Promise<void>
  /** A newer key of each use but the decoys' own, which never rolls by itself (decisions 7.6). */
  rotateKeys(day: number): Promise<void>
  housekeep(): Promise<void>
  apply(change: Partial<Settings>): Promise<void>
  setStatus(status: Person['status']): Promise<void>
  opens(password: string): Promise<boolean>
  /** Straight from the file: every counter. */
  counters(): ReadonlyMap<string, number>
  /** Straight from the file: how many intentions to write are on record. */
  intentions(): number
  /** Closes it, and gives all that was left behind: files, log lines. */
  close(): Promise<readonly Buffer[]>
}

export async function openSystem(): Promise<System> {
  const folder = tempFolder('model')
  const file = join(folder.path, 'postern.db')
  const lines: string[] = []
  const process = await startProcess(file, lines)
  const { world, directory } = process
  const held = await enrollPerson(world())
  return {
    ...process,
    ...held,
    housekeep: async () => {
      await settleDue(world())
      while ((await deliverDue(world())) > 0);
    },
    apply: change =>
      world().store.transact(async tx => {
        const stored = await tx.settings.current()
        const document = { ...(stored?.document as Settings), ...change } // as: testWorld saved it
        await tx.settings.save(stored?.version ?? 0, document, world().clock.now())
      }),
    setStatus: status => setStatus(world().store, status),
    opens: password => opens(directory.whole, password),
    counters: () =>
      new Map(
        rowsIn(file, 'select name, value from limits').map(({ name, value }) => [
          String(name),
          Number(value),
        ]),
      ),
    intentions: () => Number(rowsIn(file, INTENTIONS)[0]?.['count']),
    close: async () => {
      await world().store.close()
      const left = [...filesIn(folder.path), Buffer.from(lines.join(''))]
      folder.remove()
      return left
    },
  }
}

async function enrollPerson(world: TestWorld) {
  const first = `First-${newToken(systemRandom)}`
  const seed = newBase32(systemRandom, 32)
  const codes = Array.from({ length: 5 }, () => newBase32(systemRandom, 16))
  await addPerson(world, first)
  for (const fields of [
    { method: 'app_code', secret: seed },
    { method: 'email', address: MAILBOX },
    { method: 'recovery_code', codes },
  ])
    await importLine(world, JSON.stringify({ login: LOGIN, ...fields }), false)
  return { first, seed, codes }
}

/** What a process has, and how it dies and comes back. */
async function startProcess(file: string, lines: string[]) {
  const clock = fakeClock()
  const sent: Sent[] = []
  const ring = [...ringOf('model')]
  const directory = brokenDirectory(builtinOn(() => world))
  let killAt: CrashPoint | null = null
  const reached = (point: CrashPoint): void => {
    if (point === killAt) throw new Killed(point)
  }
  const open = (): Promise<TestWorld> => openWorld({ file, clock, ring, reached }, directory, sent, lines)
  const reopen = async (): Promise<void> => {
    killAt = null
    await world.store.close()
    world = await open()
  }
  let world = await open()
  return {
    ...{ clock, directory, sent, reopen },
    world: () => world,
    kill(point: CrashPoint | null): void {
      killAt = point
    },
    rotateKeys(day: number): Promise<void> {
      const newer: Key[] = ringOf('model', `2026-02-${String(day).padStart(2, '0')}`)
      ring.push(...newer.filter(({ use, id }) => use !== 'decoy' && !ring.some(key => key.id === id)))
      return reopen()
    },
  }
}

async function openWorld(
  where: NonNullable<Parameters<typeof testWorld>[1]>,
  { directory }: BrokenDirectory,
  sent: Sent[],
  lines: string[],
): Promise<TestWorld> {
  const opened = await testWorld([directory], {
    ...{ ...where, passwordRules: realRules },
    settings: { password: { minLength: 12, maxLength: 256, bannedWords: ['contoso'] } },
  })
  return {
    ...opened,
    botCheck: createNone(systemRandom),
    notifiers: opened.notifiers.map(notifier => ({
      ...notifier,
      send: async (message, address) => void sent.push({ message, address }),
    })),
    log: createLog(line => void lines.push(line)),
    sent,
  }
}

const INTENTIONS = "select count(*) as count from audit where name = 'reset.writing'"

function rowsIn(file: string, query: string) {
  const db = new DatabaseSync(file, { readOnly: true })
  const rows = db.prepare(query).all()
  db.close()
  return rows
}
