import { type Account, type AccountRef, normaliseLogin, splitLogin } from '../account.ts'
import type { Directory } from '../directory.ts'
import { AppError } from '../errors.ts'
import { deadline } from '../lib/clock.ts'
import type { World } from './world.ts'

/** A look-up that takes longer is an outage (security.md INV-7: 5 s). */
const FIND_MS = 5_000

/** The login as budgets and decoys know it: own domains cut off, one spelling (decisions 2.6). */
export const loginKey = (world: World, login: string): string =>
  normaliseLogin(
    login,
    world.directories.flatMap(directory => directory.domains),
  )

/** A login that carries a domain is asked of its directory alone; a bare one of all (decisions 4.10). By the text, never by existence. */
export function asked(world: World, login: string): readonly Directory[] {
  const domain = splitLogin(login.trim()).domain?.toLowerCase()
  const routed = world.directories.filter(({ domains }) => domains.some(own => own.toLowerCase() === domain))
  return routed.length > 0 ? routed : world.directories
}

/** The one account of all directories that would be asked. Two matches are a no; a directory that cannot answer is `not-now`. */
export async function findAccount(world: World, login: string): Promise<Account | null> {
  const signal = deadline(FIND_MS)
  try {
    const found = await Promise.all(
      asked(world, login).map(directory => directory.find(login.trim(), signal)),
    )
    const accounts = found.filter(account => account !== null)
    for (const account of accounts) noteThreshold(world, account)
    return accounts.length === 1 ? (accounts[0] ?? null) : null
  } catch (cause) {
    throw notNow(cause)
  }
}

/** The lowest lockout threshold met so far in each directory. */
const thresholds = new WeakMap<World, Map<string, number>>()

function noteThreshold(world: World, { ref, lockoutThreshold: found }: Account): void {
  const known = thresholds.get(world) ?? new Map<string, number>()
  thresholds.set(world, known)
  if (found !== null) known.set(ref.directory, Math.min(found, known.get(ref.directory) ?? found))
}

/**
 * Wrong passwords after which the directories that `login` is asked of would lock somebody, as far as was met; never,
 * where none does. Not the account's own number: a cap that follows it would tell who exists (ENU-05).
 */
export function lockoutThreshold(world: World, login: string): number {
  const known = thresholds.get(world)
  return Math.min(...asked(world, login).map(({ name }) => known?.get(name) ?? Number.POSITIVE_INFINITY))
}

/** Well formed in every directory, and nobody's. */
const NOBODY = '77777777-7777-4777-8777-777777777777'

/**
 * Who is asked for where `login` names nobody: a directory that has too much to do, or rests, turns them away as it does
 * everybody, and their password costs it what others cost (ENU-09). Null: no directory would be asked.
 */
export function nobodyBehind(world: World, login: string): AccountRef | null {
  const [first] = asked(world, login)
  return first ? { directory: first.name, id: NOBODY } : null
}

export const directoryOf = (world: World, ref: AccountRef): Directory => {
  const directory = world.directories.find(({ name }) => name === ref.directory)
  if (!directory) throw new AppError('not-now', 'This directory is not configured any more.')
  return directory
}

export async function readAccount(world: World, ref: AccountRef): Promise<Account | null> {
  try {
    return await directoryOf(world, ref).read(ref, deadline(FIND_MS))
  } catch (cause) {
    throw notNow(cause)
  }
}

export const notNow = (cause: unknown): AppError =>
  cause instanceof AppError
    ? cause
    : new AppError('not-now', 'This is not possible now. Please try again later.', {
        cause,
        retryAfterSeconds: 60,
      })
