// Starts real servers for tests. A child dies with the process that started it, even after `kill -9` of that
// process: setpriv sets the parent-death signal (prctl(2) PR_SET_PDEATHSIG; it follows the starting thread, so
// test files run in processes, never in threads).
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

export type ChildOptions = {
  /** Run as this user; only root may. */
  readonly as?: string
  /** What the child gets when the test process dies. */
  readonly deathSignal?: 'KILL' | 'INT' | 'TERM'
  /** Keep a pipe open as standard input: `samba -i` ends when it closes. */
  readonly keepStdin?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Passed on to this environment only; everything else is inherited. */
  readonly cwd?: string
}

export type Child = {
  readonly pid: number
  /** Everything written to stdout and stderr so far. */
  readonly log: () => string
  readonly running: () => boolean
  /** SIGSTOP and SIGCONT freeze and thaw it. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Resolves when the child wrote a line that matches; throws when it ends before. */
  readonly wrote: (pattern: RegExp, withinMs?: number) => Promise<void>
  /** Resolves when the child is gone. Kills it where it does not go within ten seconds. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>
}

const STOP_MS = 10_000
const START_MS = 30_000

export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn('setpriv', [...setprivArgs(options), command, ...args], {
    stdio: [options.keepStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    cwd: options.cwd ?? '/',
    env: { ...process.env, ...options.env },
  }) as ChildProcessByStdio<Writable | null, Readable, Readable> // as: the two pipes are asked for above
  let text = ''
  const keep = (chunk: Buffer): void => {
    text += chunk.toString('utf8')
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.on('error', error => {
    text += `${command}: ${error.message}\n`
  })
  const running = (): boolean =>
    child.exitCode === null && child.signalCode === null && child.pid !== undefined
  const log = (): string => text
  return {
    pid: child.pid ?? 0,
    log,
    running,
    signal: name => void child.kill(name),
    wrote: (pattern, withinMs = START_MS) =>
      until(() => pattern.test(text), { running, log, withinMs, wanted: `${command} to write ${pattern}` }),
    stop: async (signal = 'SIGTERM') => {
      if (!running()) return
      const gone = once(child, 'exit')
      child.kill('SIGCONT')
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await gone
      clearTimeout(late)
    },
  }
}

const setprivArgs = (options: ChildOptions): string[] => [
  '--pdeathsig',
  options.deathSignal ?? 'KILL',
  ...(options.as ? ['--reuid', options.as, '--regid', options.as, '--clear-groups'] : []),
]

type Wait = { running: () => boolean; log: () => string; withinMs: number; wanted: string }

/** Servers tell nobody when they are ready, so they are asked again and again, 10 ms apart. */
async function until(ready: () => boolean | Promise<boolean>, wait: Wait): Promise<void> {
  const end = performance.now() + wait.withinMs
  while (!(await ready())) {
    if (!wait.running()) throw new Error(`waited for ${wait.wanted}, but it ended:\n${wait.log()}`)
    if (performance.now() > end)
      throw new Error(`waited ${wait.withinMs} ms for ${wait.wanted}:\n${wait.log()}`)
    await pause(10)
  }
}

/** Resolves when something accepts connections there; throws when the child ends before. */
export const waitForPort = (
  child: Child,
  port: number,
  host = '127.0.0.1',
  withinMs = START_MS,
): Promise<void> =>
  until(() => accepts(port, host), {
    running: child.running,
    log: child.log,
    withinMs,
    wanted: `a listener on ${host}:${port}`,
  })

export const accepts = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, host, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/**
 * The first of two adjacent free ports of 127.0.0.1, below 32768: above lie the ports of outgoing connections,
 * one of which may sit on a port that was free a moment ago.
 */
export async function freePortPair(): Promise<number> {
  for (;;) {
    const port = 15_000 + 2 * randomInt(8_500)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
}

export type TempFolder = { readonly path: string; readonly remove: () => void }

/** A folder of this process under os.tmpdir(). Folders of processes that no longer run are swept away. */
export function tempFolder(name: string): TempFolder {
  sweep()
  const path = mkdtempSync(join(tmpdir(), `postern-rig-${process.pid}-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

let swept = false
function sweep(): void {
  if (swept) return
  swept = true
  for (const entry of readdirSync(tmpdir())) {
    const owner = /^postern-rig-(\d+)-/.exec(entry)?.[1]
    if (owner && !isAlive(Number(owner))) rmSync(join(tmpdir(), entry), { recursive: true, force: true })
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Runs a tool to its end and gives its output; its error text stands in what is thrown. */
export const run = (command: string, args: readonly string[], input?: string): string =>
  execFileSync(command, [...args], {
    encoding: 'utf8',
    cwd: '/',
    stdio: 'pipe',
    ...(input === undefined ? {} : { input }),
  })
