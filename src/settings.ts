import type { MethodName } from './method.ts'
import type { QuestionSettings } from './topics.ts'

export type Disclosure = 'uniform' | 'helpful'

/** A network that the organisation knows by name, by CIDR (a school, an office, a kiosk room). */
export type NamedNetwork = {
  readonly name: string
  readonly cidrs: readonly string[]
  /** How many times the ordinary budget of a source (decisions 2.2); 1 to 1000. */
  readonly sourceBudget: number
  readonly disclosure: Disclosure | null
  /** "This is a shared computer" is on by default here (decisions 1.10). */
  readonly sharedComputers: boolean
}

/**
 * What administrators may change: one versioned document in the store, exported and applied whole
 * (`postern settings`). Every field has a default that is harmless (style 26); texts are plain, never templates.
 */
export type Settings = {
  readonly scope: { readonly kind: 'none' | 'selected' | 'all'; readonly groups: readonly string[] }
  readonly gates: 1 | 2
  readonly methods: readonly MethodName[]
  readonly administrators: { readonly groups: readonly string[]; readonly notify: readonly string[] }
  /** Groups whose members are never written, beside those that the directory protects. */
  readonly protectedGroups: readonly string[]
  readonly disclosure: Disclosure
  readonly networks: readonly NamedNetwork[]
  /** The ordinary budget of one source is multiplied by this; 1 to 1000. */
  readonly sourceBudget: number
  readonly organisation: {
    readonly name: string
    readonly loginExample: string
    readonly locale: string
    readonly timeZone: string
  }
  readonly password: {
    readonly minLength: number
    readonly maxLength: number
    readonly bannedWords: readonly string[]
  }
  /** What a new password is while a list of breached ones does not answer (PWD-05); beside the list, never in its place. */
  readonly breachOutage: 'allow' | 'refuse'
  readonly registration: {
    /** What a first registration with nothing but a password is worth (decisions 3.4). */
    readonly first: 'cooling' | 'pass' | 'network' | 'open'
    /** How long a first registration cools, 0 to 72 h (ENR-05). */
    readonly coolingHours: number
    /** May the page that asks for what is missing be put off by a day? */
    readonly dismissible: boolean
    /** After so many days people are asked whether what they registered is still theirs; 0 to 730, 0: never. */
    readonly confirmDays: number
    /** The most that a campaign sends; 1 to 600. */
    readonly campaignMailsPerMinute: number
  }
  readonly questions: QuestionSettings
  readonly unlock: boolean
  readonly notifyAdministrators: boolean
  /** Shown on the last page beside our own advice; per locale, else the default locale. */
  readonly texts: {
    readonly nextSteps: Readonly<Record<string, string>>
    readonly loginHelp: Readonly<Record<string, string>>
  }
  readonly signInUrl: string | null
  /** Exact addresses that `?return_to=` may name (WEB-10). */
  readonly returnAddresses: readonly string[]
}

export const DEFAULT_SETTINGS: Settings = {
  scope: { kind: 'none', groups: [] },
  gates: 2,
  methods: ['passkey', 'app_code', 'email', 'recovery_code'],
  administrators: { groups: [], notify: [] },
  protectedGroups: [],
  disclosure: 'uniform',
  networks: [],
  sourceBudget: 1,
  organisation: { name: 'Postern', loginExample: '', locale: 'en', timeZone: 'UTC' },
  password: { minLength: 12, maxLength: 256, bannedWords: [] },
  breachOutage: 'allow',
  registration: {
    first: 'cooling',
    coolingHours: 24,
    dismissible: true,
    confirmDays: 180,
    campaignMailsPerMinute: 30,
  },
  questions: { registered: 5, asked: 3, own: [] },
  unlock: true,
  notifyAdministrators: true,
  texts: { nextSteps: {}, loginHelp: {} },
  signInUrl: null,
  returnAddresses: [],
}

/** Ranges that `settings apply` and the start check (spec/entra-sspr.md 4, decisions 3). */
export const SETTINGS_BOUNDS = {
  minLength: { min: 8, max: 64 },
  maxLength: { min: 64, max: 256 },
  bannedWords: 1_000,
  bannedWordCharacters: { min: 4, max: 16 },
  coolingHours: { min: 0, max: 72 },
  confirmDays: { min: 0, max: 730 },
  campaignMailsPerMinute: { min: 1, max: 600 },
  groups: 100,
  networks: 50,
  returnAddresses: 100,
  textCharacters: 2_000,
} as const

/** The times and lengths that a profile decides (decisions 3, the table). */
export type Profile = {
  readonly name: 'standard' | 'strict'
  readonly resetMinutes: number
  readonly afterLastGateMinutes: number
  readonly extensions: number
  readonly passwordMinLength: number
}

export const PROFILES: Readonly<Record<Profile['name'], Profile>> = {
  standard: {
    name: 'standard',
    resetMinutes: 30,
    afterLastGateMinutes: 10,
    extensions: 10,
    passwordMinLength: 8,
  },
  strict: { name: 'strict', resetMinutes: 15, afterLastGateMinutes: 5, extensions: 0, passwordMinLength: 15 },
}

/** One extension, and how far all of them may carry a reset (decisions 1.11). */
export const EXTENSION_MINUTES = 10
export const RESET_MINUTES_MAX = 120
