import type { Account, Rule } from '../account.ts'
import type { BotCheck } from '../bot-check.ts'
import type { Breach } from '../breach.ts'
import type { Directory, Refusal } from '../directory.ts'
import type { Help } from '../help.ts'
import type { IdentityProvider } from '../identity-provider.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'
import type { Method, MethodName } from '../method.ts'
import type { Notifier } from '../notifier.ts'
import type { Application } from '../return-address.ts'
import type { Profile, Settings } from '../settings.ts'
import type { Store } from '../store/store.ts'

/** Our own password rules, made ready once per version of the settings. */
export interface PasswordRules {
  check(password: string, account: Account): Promise<Refusal | null>
  shown(account: Pick<Account, 'rules'>): readonly Rule[] | null
}

/** Places between the POST and the answer where a process may die; tests kill it at each of them. */
export const CRASH_POINTS = [
  'start.saved',
  'answer.saved',
  'write.before_intention',
  'write.intended',
  'write.answered',
  'write.saved',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** The organisation's identity provider, and how an account is found by what it says (decisions 3.5). */
export type Identity = {
  readonly provider: IdentityProvider
  readonly directory: string
  readonly attribute: string
  /** No sign-in with the directory's password beside it. */
  readonly only: boolean
}

/** Everything that actions use, handed in once by `cmd/wire.ts`. */
export type World = {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly keys: Keys
  readonly directories: readonly Directory[]
  readonly methods: Readonly<Record<MethodName, Method>>
  readonly notifiers: readonly Notifier[]
  readonly botCheck: BotCheck
  readonly profile: Profile
  readonly help: Help
  readonly passwordRules: (settings: Settings) => PasswordRules
  /** Where new passwords are looked up, in this order; often nowhere. */
  readonly breaches: readonly Breach[]
  /** Who may send people to their security info, and where from here (WEB-10). */
  readonly applications: readonly Application[]
  /** Null: people sign in with the directory's password. */
  readonly identity: Identity | null
  readonly log: Log
  readonly reached: (point: CrashPoint) => void
}

/** Who asks, as far as the web room can tell. `provedBefore`: a signed cookie names this subject (decisions 2.1). */
export type Caller = {
  readonly source: string
  readonly browser: string | null
  readonly provedBefore: (subject: string) => boolean
}

/** The two audiences of every limit of an account (decisions 2.1). */
export const audience = (known: boolean): 'known' | 'strangers' => (known ? 'known' : 'strangers')
