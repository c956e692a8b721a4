// The built-in directory on a real store in memory, with people that a test can add and change by hand.

import { createPasswordHash, type PasswordHash } from '../src/directories/builtin/password-hash.ts'
import {
  BUILTIN_POLICY,
  type BuiltinPolicy,
  keysOf as lookupKeysOf,
  type PeopleStore,
  type StoredPerson,
} from '../src/directories/builtin/people.ts'
import { createBuiltinDirectory } from '../src/directories/builtin.ts'
import type { Directory } from '../src/directory.ts'
import { createHashQueue } from '../src/lib/hash-queue.ts'
import { openStore } from '../src/store/open.ts'
import { type FakeClock, fakeClock } from './clock.ts'
import { keysOf } from './keys.ts'

export type BuiltinRig = {
  readonly directory: Directory
  readonly clock: FakeClock
  readonly hash: PasswordHash
  readonly groupsAround: Record<string, readonly string[]>
  /** Adds somebody; what is not given is ordinary. Without a password nobody can sign in. */
  add(login: string, password: string | null, changes?: Partial<StoredPerson>): Promise<string>
  person(id: string): Promise<StoredPerson>
  /** By an administrator, past the directory. */
  change(id: string, changes: Partial<StoredPerson>): Promise<void>
  stop(): Promise<void>
}

export type BuiltinRigOptions = {
  readonly policy?: Partial<BuiltinPolicy>
  readonly hash?: PasswordHash
  /** Stands between the directory and its store. */
  readonly around?: (store: PeopleStore) => PeopleStore
}

export const DOMAINS = ['example.test']

export async function builtinRig(options: BuiltinRigOptions = {}): Promise<BuiltinRig> {
  const clock = fakeClock()
  const hash = options.hash ?? createPasswordHash(createHashQueue())
  const store = await openStore({ file: ':memory:', keys: keysOf('builtin'), clock })
  const groupsAround: Record<string, readonly string[]> = {}
  const people: PeopleStore = {
    transact: work => store.transact(tx => work(tx.people)),
    read: work => store.read(tx => work(tx.people)),
  }
  const person = async (id: string): Promise<StoredPerson> => {
    const found = await people.read(rows => rows.byId(id))
    if (!found) throw new Error(`nobody has the id ${id}`)
    return found
  }
  let count = 0
  return {
    clock,
    hash,
    groupsAround,
    person,
    directory: createBuiltinDirectory({
      name: 'people',
      domains: DOMAINS,
      store: options.around?.(people) ?? people,
      clock,
      hash,
      policy: { ...BUILTIN_POLICY, ...options.policy },
      groupsAround,
    }),
    async add(login, password, changes = {}) {
      const id = `abc${String(++count).padStart(6, '0')}`
      const passwordHash = password === null ? '' : await hash.hash(password, AbortSignal.timeout(15_000))
      const added: StoredPerson = { ...ORDINARY, id, login, displayName: login, passwordHash, ...changes }
      const past = { ...added, passwordChangedAt: clock.now() - 1 }
      await store.transact(tx => tx.people.insert(past, lookupKeysOf(past, DOMAINS)))
      return id
    },
    async change(id, changes) {
      const changed = { ...(await person(id)), ...changes }
      await people.transact(rows => rows.update(changed, changed.version, lookupKeysOf(changed, DOMAINS)))
    },
    stop: () => store.close(),
  }
}

const ORDINARY: Omit<StoredPerson, 'id' | 'login' | 'displayName' | 'passwordHash'> = {
  mail: [],
  recoveryMail: [],
  groups: [],
  locale: null,
  status: 'active',
  administrator: false,
  history: [],
  mustChange: false,
  passwordChangedAt: 0,
  passwordExpiresAt: null,
  wrongPasswords: 0,
  lockedUntil: null,
  version: 1,
}
