import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { newId, type Random } from '../lib/random.ts'

/** Who has the folder. `started`: of that process as the system counts it, since numbers of processes come again. */
type Holder = { readonly pid: number; readonly started: string | null; readonly token: string }

/**
 * Takes the folder for this process; gives what releases it. Null: a process that lives has it. What a process left
 * behind that was killed is cleared away.
 */
export function lockFolder(folder: string, random: Random): (() => void) | null {
  const path = join(folder, 'lock')
  const mine: Holder = { pid: process.pid, started: startOf(process.pid), token: newId(random) }
  for (let tries = 0; tries < 3; tries++) {
    if (create(path, mine)) return () => release(path, mine)
    const held = read(path)
    if (held && isAlive(held)) return null
    clear(path, held, newId(random))
  }
  return null
}

function create(path: string, holder: Holder): boolean {
  try {
    const file = openSync(path, 'wx', 0o600)
    writeSync(file, JSON.stringify(holder))
    fsyncSync(file)
    closeSync(file)
    return read(path)?.token === holder.token
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Moved aside first: who else clears at the same moment finds nothing to move, or puts back what is not the same. */
function clear(path: string, held: Holder | null, name: string): void {
  const aside = `${path}.${name}`
  try {
    renameSync(path, aside)
    const moved = read(aside)
    if (moved && moved.token !== held?.token && isAlive(moved)) renameSync(aside, path)
    else rmSync(aside, { force: true })
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
}

function release(path: string, mine: Holder): void {
  if (read(path)?.token === mine.token) rmSync(path, { force: true })
}

/** Null: not there, or half written by a process that was killed. */
function read(path: string): Holder | null {
  try {
    // as: what is no holder has no number of a living process.
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return null
  }
}

function isAlive({ pid, started }: Holder): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM') && startOf(pid) === started
  }
  return startOf(pid) === started
}

/** Linux tells when a process began (proc(5), field 22 of stat); elsewhere its number has to do. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
