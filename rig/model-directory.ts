// The built-in directory of the model, with one person in it, and what may befall it: it is down, answers of writes are
// lost, a write arrives late, nobody can tell what became of one.
import type { PeopleCraft } from '../src/actions/people.ts'
import { createPasswordHash } from '../src/directories/builtin/password-hash.ts'
import {
  BUILTIN_POLICY,
  keysOf as lookupKeysOf,
  type PeopleStore,
} from '../src/directories/builtin/people.ts'
import { createBuiltinDirectory } from '../src/directories/builtin.ts'
import { type Directory, DirectoryError } from '../src/directory.ts'
import { createHashQueue } from '../src/lib/hash-queue.ts'
import type { Person, Store } from '../src/store/store.ts'
import type { TestWorld } from './world.ts'

export const LOGIN = 'ana'
const PERSON = 'person000001'
const DOMAINS = ['example.test']

/** A hash that costs nothing: hundreds of runs must take a minute. */
const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1, outputLen: 16 }
const hash = createPasswordHash(createHashQueue(2, 100), CHEAP)
const soon = (): AbortSignal => AbortSignal.timeout(10_000)

/** The world is asked for at each call: after a kill it is another one. */
export function builtinOn(world: () => TestWorld): Directory {
  const store: PeopleStore = {
    transact: work => world().store.transact(tx => work(tx.people)),
    read: work => world().store.read(tx => work(tx.people)),
  }
  const clock = { now: () => world().clock.now() }
  return createBuiltinDirectory({
    ...{ name: 'people', domains: DOMAINS, store, clock, hash },
    policy: { ...BUILTIN_POLICY, lockoutThreshold: 0, history: 2 },
  })
}

export async function addPerson({ store, clock }: TestWorld, password: string): Promise<void> {
  const person: Person = {
    ...{ id: PERSON, login: LOGIN, displayName: 'Ana Sample', mail: [`${LOGIN}@example.test`] },
    ...{ recoveryMail: [], groups: [], locale: null, status: 'active', administrator: false },
    ...{ passwordHash: await hash.hash(password, soon()), history: [], mustChange: false },
    ...{ passwordChangedAt: clock.now() - 1, passwordExpiresAt: null, wrongPasswords: 0, lockedUntil: null },
    version: 1,
  }
  await store.transact(tx => tx.people.insert(person, lookupKeysOf(person, DOMAINS)))
}

/** By an administrator, past the directory. */
export const setStatus = (store: Store, status: Person['status']): Promise<void> =>
  store.transact(async tx => {
    const person = await tx.people.byId(PERSON)
    if (person) await tx.people.update({ ...person, status }, person.version, lookupKeysOf(person, DOMAINS))
  })

/** What an operator's command needs of the directory. */
export const CRAFT: PeopleCraft = {
  directory: 'people',
  hash: password => hash.hash(password, soon()),
  keysOf: person => lookupKeysOf(person, DOMAINS),
}

/** By somebody else, past us and past what is kept of writes. */
export async function setElsewhere(whole: Directory, password: string): Promise<void> {
  await whole.setPassword(
    { directory: 'people', id: PERSON },
    { password, unlock: false, key: 'elsewhere' },
    soon(),
  )
}

/** Straight from the directory, whatever the test broke: does this password open it? */
export const opens = async (whole: Directory, password: string): Promise<boolean> =>
  (await whole.authenticate({ directory: 'people', id: PERSON }, password, soon())) === 'yes'

/** How the answer to the next write is lost: it was written, it never arrived, or it arrives later. */
export type Loss = 'kept' | 'gone' | 'late'

export type KeptWrite = { readonly password: string; readonly key: string }

export type BrokenDirectory = {
  readonly whole: Directory
  readonly directory: Directory
  /** What was really written, whatever was said about it. */
  readonly writes: readonly KeptWrite[]
  setDown(isDown: boolean): void
  loseNext(how: Loss | null): void
  /** What is under way arrives now. */
  arrive(): Promise<void>
  /** What is under way never arrives. */
  dropLate(): void
  /** Whether a write came through cannot be read, as where marks of two servers meet. */
  cannotTell(isBlind: boolean): void
  /** The next outcome is read and kept back until `goOn`; resolves when it was read. */
  holdUpNextOutcome(): Promise<void>
  goOn(): void
}

export function brokenDirectory(whole: Directory): BrokenDirectory {
  const losing = losingWrites(whole)
  const reading = heldReads(whole)
  let isDown = false
  const own = { setPassword: losing.setPassword, outcome: reading.outcome } as const
  const directory = new Proxy(whole, {
    get(target, key) {
      if (key === 'check') return async () => ({ reachable: !isDown, writable: !isDown, warnings: [] })
      const member: unknown = Reflect.get(own, key) ?? Reflect.get(target, key)
      if (typeof member !== 'function' || key === 'close') return member
      return async (...args: unknown[]) => {
        if (isDown) throw new DirectoryError('the test took the directory down', false)
        return Reflect.apply(member, target, args)
      }
    },
  })
  const setDown = (down: boolean): void => {
    isDown = down
  }
  return { ...losing, ...reading, whole, directory, setDown }
}

function losingWrites(whole: Directory) {
  const writes: KeptWrite[] = []
  let loss: Loss | null = null
  let late: (() => Promise<unknown>) | null = null
  const setPassword: Directory['setPassword'] = async (ref, write) => {
    const really = async () => {
      const answer = await whole.setPassword(ref, write, soon())
      if (answer.ok) writes.push({ password: write.password, key: write.key })
      return answer
    }
    const how = loss
    loss = null
    if (how === null) return really()
    if (how === 'kept') await really()
    if (how === 'late') late = really
    throw new DirectoryError('the test lost the answer', true)
  }
  return {
    ...{ setPassword, writes },
    loseNext(how: Loss | null): void {
      loss = how
    },
    async arrive(): Promise<void> {
      const arriving = late
      late = null
      await arriving?.()
    },
    dropLate(): void {
      late = null
    },
  }
}

function heldReads(whole: Directory) {
  let isBlind = false
  let holding: { readonly began: () => void; readonly goOn: Promise<void> } | null = null
  let release = (): void => undefined
  const outcome: Directory['outcome'] = async (ref, mark, signal) => {
    const read = isBlind ? 'unknown' : await whole.outcome(ref, mark, signal)
    const held = holding
    holding = null
    held?.began()
    await held?.goOn
    return read
  }
  return {
    outcome,
    cannotTell(blind: boolean): void {
      isBlind = blind
    },
    holdUpNextOutcome(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      release = resolve
      return new Promise(began => {
        holding = { began, goOn: promise }
      })
    },
    goOn: (): void => release(),
  }
}
