// A directory in memory for tests of the agent's answering side: counts what reaches it, and fails as it is told.
import type { Account } from '../src/account.ts'
import { type Directory, DirectoryError, written } from '../src/directory.ts'

export const sampleAccount = (over: Partial<Account>): Account => ({
  ...{ ref: { directory: 'people', id: 'id-1' }, login: 'ana', displayName: 'Ana Sample', status: 'active' },
  ...{ locked: false, lockedForGood: false, mustChange: false, protectedBecause: null, privileged: false },
  ...{ groups: [], mail: [], contacts: [], names: [], locale: null, passwordChangedAt: null },
  ...{ tooYoungUntil: null, rules: null, lockoutThreshold: null, mark: '0' },
  ...over,
})

/** What happens to the next write: its answer is lost, it never left, or nothing ever comes back. */
export type Fault = 'lost' | 'unsent' | 'hangs' | 'arrives_and_hangs' | null

export type CountingDirectory = Directory & {
  /** Passwords in the order in which they were really written, and unlocks. */
  readonly writes: string[]
  readonly binds: string[]
  next: Fault
  /** Resolves when a write has begun to hang. */
  readonly hangs: Promise<void>
  isDown: boolean
  account: Account
}

export function countingDirectory(over: Partial<Account> = {}): CountingDirectory {
  const writes: string[] = []
  const hanging = Promise.withResolvers<void>()
  const hang = async (): Promise<never> => {
    hanging.resolve()
    return await new Promise<never>(() => undefined)
  }
  const whenUp = async <Value>(give: () => Value): Promise<Value> => {
    if (directory.isDown) throw new DirectoryError('down', false)
    return give()
  }
  const write = async (what: string, change: Partial<Account>) => {
    await whenUp(() => undefined)
    const fault = directory.next
    directory.next = null
    if (fault === 'unsent') throw new DirectoryError('never left', false)
    if (fault === 'hangs') return await hang()
    writes.push(what)
    directory.account = { ...directory.account, ...change, mark: String(writes.length) }
    if (fault === 'lost') throw new DirectoryError(`lost the answer to ${what}`, true)
    if (fault === 'arrives_and_hangs') return await hang()
    return written
  }
  const isMine = (id: string): boolean => id === directory.account.ref.id
  const nothing = async () => ({ items: [], next: null })
  const directory: CountingDirectory = {
    ...{ name: 'people', domains: ['example.test'], writes, binds: [], next: null, isDown: false },
    hangs: hanging.promise,
    account: sampleAccount(over),
    can: { reset: true, change: true, unlock: true, authenticate: true, historyOnReset: true },
    find: login => whenUp(() => (login === directory.account.login ? directory.account : null)),
    findBy: async () => null,
    read: ref => whenUp(() => (isMine(ref.id) ? directory.account : null)),
    authenticate: async (_ref, password) => {
      directory.binds.push(password)
      return password === writes.at(-1) ? 'yes' : 'no'
    },
    setPassword: (_ref, { password, unlock }) => write(password, unlock ? { locked: false } : {}),
    changePassword: (_ref, { password }) => write(password, {}),
    unlock: () => write('(unlock)', { locked: false }),
    ...{ search: nothing, groups: nothing, members: nothing },
    outcome: (_ref, mark) => whenUp(() => (directory.account.mark === mark ? 'unchanged' : 'changed')),
    check: async () => ({ reachable: !directory.isDown, writable: !directory.isDown, warnings: [] }),
    close: async () => undefined,
  }
  return directory
}
