import type { Account, AccountRef } from '../account.ts'
import type { Directory, Health } from '../directory.ts'
import { called } from './builtin/call.ts'
import { groups, members, search } from './builtin/lists.ts'
import { accountOf, type Builtin, keysOfTyped, markOf, type StoredPerson } from './builtin/people.ts'
import { authenticate } from './builtin/proving.ts'
import { changePassword, setPassword, unlock } from './builtin/writing.ts'

/**
 * Accounts in our own store, passwords by Argon2id: the embedded default. Groups are names, and nest as `groupsAround`
 * says. The store is handed in, as are the hashes, whose queue is shared with whoever else hashes.
 */
export function createBuiltinDirectory(builtin: Builtin): Directory {
  const account = (person: StoredPerson | null | undefined): Account | null =>
    person ? accountOf(person, builtin, builtin.clock.now()) : null
  /** An id of another directory is nobody's here. */
  const idOf = (ref: AccountRef): string => (ref.directory === builtin.name ? ref.id : '')
  const read = (id: string): Promise<StoredPerson | null> => builtin.store.read(people => people.byId(id))
  return {
    name: builtin.name,
    domains: builtin.domains,
    can: {
      reset: true,
      change: true,
      unlock: true,
      authenticate: true,
      historyOnReset: builtin.policy.history > 0,
    },
    find: (login, signal) =>
      called(signal, async () => {
        const keys = keysOfTyped(login, builtin.domains)
        const found = await builtin.store.read(people => people.byKeys(keys))
        return found.length === 1 ? account(found[0]) : null
      }),
    // A login and an address may become somebody else's; the id never does.
    findBy: (attribute, text, signal) =>
      called(signal, async () => (attribute === 'id' ? account(await read(text)) : null)),
    read: (ref, signal) => called(signal, async () => account(await read(idOf(ref)))),
    authenticate: (ref, password, signal) =>
      called(signal, call => authenticate(builtin, idOf(ref), password, call)),
    setPassword: (ref, write, signal) => called(signal, call => setPassword(builtin, idOf(ref), write, call)),
    changePassword: (ref, change, signal) =>
      called(signal, call => changePassword(builtin, idOf(ref), change, call)),
    unlock: (ref, signal) => called(signal, call => unlock(builtin, idOf(ref), call)),
    search: (text, page, signal) => called(signal, () => search(builtin, text, page)),
    groups: (text, page, signal) => called(signal, () => groups(builtin, text, page)),
    members: (group, page, signal) => called(signal, () => members(builtin, group, page)),
    outcome: (ref, mark, signal) => called(signal, async () => outcomeOf(await read(idOf(ref)), mark)),
    check: signal => called(signal, () => healthOf(builtin)),
    // The store is not ours to close.
    close: () => Promise.resolve(),
  }
}

/** Marks only grow; one from the future comes from before a restored backup. */
function outcomeOf(person: StoredPerson | null, mark: string): 'changed' | 'unchanged' | 'unknown' {
  if (!person || !/^\d+$/.test(mark) || Number(mark) > person.passwordChangedAt) return 'unknown'
  return mark === markOf(person) ? 'unchanged' : 'changed'
}

async function healthOf({ store }: Builtin): Promise<Health> {
  try {
    await store.read(people => people.list(null, 1))
    return { reachable: true, writable: true, warnings: [] }
  } catch {
    return { reachable: false, writable: false, warnings: [] }
  }
}
