import type { Account } from '../account.ts'
import type { Directory } from '../directory.ts'

/** `expired`: the password. `locked`: by wrong passwords. `forGood`: by an administrator. */
export type State = 'disabled' | 'locked' | 'must_change' | 'expired' | 'locked_for_good' | 'protected'

export type NewPerson = {
  readonly login: string
  readonly password: string
  readonly mail?: string
  readonly displayName?: string
}

/** `anyCase`: capital letters and small ones are the same in it. */
export type Immutable = { readonly attribute: string; readonly text: string; readonly anyCase?: boolean }

/** One directory with people that a test can add, and what only an administrator could do to them. */
export type Rig = {
  readonly directory: Directory
  /** Gives every spelling of a login that names this person: as UPN or address, as mail, as account name. */
  readonly add: (person: NewPerson) => Promise<readonly string[]>
  /** What `states` lists; a locked account gets locked by wrong passwords. */
  readonly become: (login: string, state: State) => Promise<void>
  /** Asks the server itself, past the product, whether this password opens the account. */
  readonly opens: (login: string, password: string) => Promise<boolean>
  /** Immutable attributes by which an identity provider may name this person, and their values, as it may write them. */
  readonly immutable: (login: string) => Promise<readonly Immutable[]>
  /** Writes this value into `sharedAttribute` of these people. */
  readonly share?: (logins: readonly string[], text: string) => Promise<void>
  /** Another name in another place, by an administrator. */
  readonly move?: (login: string) => Promise<void>
  /** A group of that name with these people in it, inside another of the name `outer`. Gives the group's id. */
  readonly group?: (name: string, outer: string, logins: readonly string[]) => Promise<string>
  readonly faults?: Faults
  readonly stop: () => Promise<void>
}

/** The same directory behind a wire that breaks on demand. */
export type Faults = {
  readonly directory: Directory
  readonly slow: (ms: number) => Promise<void>
  readonly down: () => Promise<void>
  /** The next write reaches the directory; its answer never comes back. */
  readonly loseAnswer: () => Promise<void>
  readonly heal: () => Promise<void>
}

/** What this kind of directory knows; the tests that need it are there only then. */
export type Knows = {
  readonly states: readonly State[]
  readonly groups: boolean
  readonly moves: boolean
  readonly faults: boolean
  /** Several people may have the same value in it; absent: in none that can be asked for. */
  readonly sharedAttribute?: string
  /** It refuses this password, which is one character too short. */
  readonly tooShort: string
  /** Interleaved binds of two people. */
  readonly binds?: number
}

/** What every test of the suite works with. `rig` is there once the tests run. */
export type Suite = {
  readonly knows: Knows
  readonly rig: () => Rig
  readonly directory: () => Directory
  /** A person of its own for each test, with a login nobody else has. */
  readonly person: (state?: State) => Promise<{ account: Account; login: string; logins: readonly string[] }>
}

/** Every directory refuses shorter and plainer ones somewhere. */
export const PASSWORD = 'Conform-Passw0rd 1'

export const soon = (): AbortSignal => AbortSignal.timeout(15_000)
