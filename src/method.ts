import type { Instant } from './lib/clock.ts'
import type { Random } from './lib/random.ts'
import type { Keys } from './lib/seal.ts'
import type { Message } from './notifier.ts'
import type { Weakness } from './security-answers.ts'
import type { QuestionSettings } from './topics.ts'

/** The names of the API (`design/api.md`). A new method adds its name here and one line in `cmd/wire.ts`. */
export const METHOD_NAMES = [
  'passkey',
  'app_code',
  'hardware_code',
  'email',
  'recovery_code',
  'security_questions',
] as const
export type MethodName = (typeof METHOD_NAMES)[number]

/** What a page must ask for. Pages are written for kinds of prompt, never for methods. */
export type Prompt = CodePrompt | PasskeyPrompt | QuestionsPrompt

export type CodePrompt = {
  readonly kind: 'code'
  readonly format: 'digits' | 'base32'
  readonly length: number
  /** Present where a message was sent; null where hints are not shown (decisions 1.2). */
  readonly sentTo?: string | null
}

/** All on one page, and judged together. */
export type QuestionsPrompt = { readonly kind: 'questions'; readonly questions: readonly Question[] }

/** `text` null: one of our topics, said in the language of the page. */
export type Question = { readonly id: string; readonly text: string | null }

/** `options`: PublicKeyCredentialRequestOptionsJSON (WebAuthn 5.1.10). No credential is named in it (decisions 3.6). */
export type PasskeyPrompt = {
  readonly kind: 'passkey'
  readonly options: {
    readonly challenge: string
    readonly timeout: number
    readonly rpId: string
    readonly userVerification: 'required'
  }
}

/** What the person gave, checked for kind and size, not for truth. */
export type Answer =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'questions'; readonly answers: Readonly<Record<string, string>> }
  /** What `prepare` made of answers, in the order of the questions; no border takes it from anybody. */
  | { readonly kind: 'hashes'; readonly hashes: readonly string[] }
  | { readonly kind: 'passkey'; readonly assertion: Assertion }
  | { readonly kind: 'new_passkey'; readonly attestation: Attestation }
  /** What `prepare` made of an assertion whose signature is right; no border takes it from anybody. */
  | VerifiedAssertion

/** AuthenticationResponseJSON (WebAuthn 5.1.8.1), as far as it is read. All values are base64url. */
export type Assertion = {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | undefined
  }
}

/** RegistrationResponseJSON (WebAuthn 5.1.8.1), as far as it is read. */
export type Attestation = {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: { readonly clientDataJSON: string; readonly attestationObject: string }
}

export type VerifiedAssertion = {
  readonly kind: 'verified'
  readonly credential: string
  readonly challenge: string
  readonly user: string
  readonly counter: number
}

/** What is true of a method wherever it is used, whatever its code does. */
export type Traits = {
  /**
   * What it is worth beside a password (NIST 800-63B section 2.2): `second` makes two factors of it; `weak` only says that a
   * mailbox can be read; `never` is for resets alone.
   */
  readonly factor: 'second' | 'weak' | 'never'
  /** Of one account; what a person registers above it is refused (spec/entra-sspr.md 7). */
  readonly max: number
  /** Methods that `max` is shared with: what is registered of any of them counts. */
  readonly sharedWith?: readonly MethodName[]
  /**
   * Only beside another gate that was passed before, and never for administrators (KBQ-01, KBQ-05); not there at all in the
   * strict profile.
   */
  readonly onlyBeside?: true
}

export const TRAITS: Readonly<Record<MethodName, Traits>> = {
  passkey: { factor: 'second', max: 10 },
  app_code: { factor: 'second', max: 5, sharedWith: ['hardware_code'] },
  email: { factor: 'weak', max: 1 },
  recovery_code: { factor: 'second', max: 1 },
  hardware_code: { factor: 'second', max: 5, sharedWith: ['app_code'] },
  security_questions: { factor: 'never', max: 1, onlyBeside: true },
}

/** What a method may use. Time is data; chance and keys are handed in. */
export type MethodContext = {
  readonly now: Instant
  readonly random: Random
  readonly keys: Keys
  /** The strict profile narrows windows (decisions 3). */
  readonly strict: boolean
  /** The short reference of the reset that asks, for the message; empty where none does. */
  readonly reference: string
  /** What the policy says of questions; absent: the defaults. */
  readonly questions?: QuestionSettings
}

/** `send`: a message that the caller puts into the outbox in the same transaction as the state. */
export type Begun = {
  readonly prompt: Prompt
  readonly state: string
  readonly send?: { readonly to: string; readonly message: Message }
}

/**
 * `secret`: used up or advanced; it is saved only if it is still the one that was judged. `left`: how many uses remain
 * where they are counted, for the notice; at 0 the enrollment is used up.
 */
export type Judged = {
  readonly verdict: 'passed' | 'failed'
  readonly secret?: string
  readonly left?: number
}

/**
 * PORT: one way to prove who you are. No store, no HTTP: it gets a secret and hands back state, both opaque text that
 * the caller seals and keeps. `judge` compares in constant time and throws nothing for any answer.
 */
export interface Method {
  readonly name: MethodName
  /** Disturbs somebody, so it is begun only when the person picks it (decisions 1.4). */
  readonly sends: boolean
  /** The life of a challenge. */
  lifetimeMs(strict: boolean): number
  /** A number, a mailbox, one installation with its keys: what two gates must not share (FLW-03). */
  channel(secret: string): string
  /** At most one letter of a mailbox, two digits of a number (ENU-07); null where there is nothing to show. */
  hint(secret: string): string | null
  /** A secret of the right shape that nobody holds: what a decoy's answers are judged against. */
  decoySecret(context: MethodContext): string
  /** The address that notices can reach through this enrollment; null where it has none. */
  address(secret: string): string | null
  /** False where nothing is left to prove with: every saved code was used. */
  hasUses(secret: string): boolean
  begin(context: MethodContext, secret: string): Begun
  judge(context: MethodContext, secret: string, state: string, answer: Answer): Judged
  /**
   * The slow part of judging, before anything is locked: a hash of what was typed, a signature. It compares nothing that can
   * be guessed; `judge` gets its answer instead of the person's. Throws `QueueFullError` where there is too much to do.
   */
  prepare?(
    context: MethodContext,
    secret: string,
    state: string,
    answer: Answer,
    signal: AbortSignal,
  ): Promise<Answer>
  /**
   * Present where the request names no enrollment and the answer does: then one option stands for all that the account has.
   * Does `answer` name this one?
   */
  isNamed?(secret: string, answer: Answer): boolean
  /** How a person registers it; null: an administrator does. */
  readonly enroll: Enroll | null
  /** Reads what `postern enrollment import` gives; null where it is malformed. */
  fromImport(context: MethodContext, fields: Readonly<Record<string, unknown>>): string | null
  /** In its place where what is given must be hashed; null, too, where it is too weak to be kept. */
  hashImport?(
    context: MethodContext,
    fields: Readonly<Record<string, unknown>>,
    owner: Pick<Owner, 'login' | 'displayName'>,
  ): Promise<string | null>
}

/** Whose method is being registered. `id`: a pseudonym, the same for one account for ever. */
export type Owner = {
  readonly id: string
  readonly login: string
  readonly displayName: string
  readonly organisation: string
  /** The secrets of this method that they have registered already. */
  readonly registered?: readonly string[]
}

/** What a page asks for while a method is registered. Pages are written for kinds, never for methods. */
export type EnrollPrompt =
  /** A key for an authenticator app, as text and as otpauth:// address for a QR code; then its first code. */
  | { readonly kind: 'app'; readonly key: string; readonly uri: string; readonly length: number }
  /** A code was sent to `sentTo`, the address as it was typed. */
  | { readonly kind: 'code'; readonly length: number; readonly sentTo: string }
  /** Shown this once. */
  | { readonly kind: 'codes'; readonly codes: readonly string[] }
  | { readonly kind: 'passkey'; readonly options: PasskeyCreation }
  /** `count` different ones of these are to be chosen and answered. */
  | { readonly kind: 'questions'; readonly count: number; readonly questions: readonly Question[] }

/** PublicKeyCredentialCreationOptionsJSON (WebAuthn 5.1.9). */
export type PasskeyCreation = {
  readonly challenge: string
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  readonly timeout: number
  readonly attestation: 'none'
  readonly excludeCredentials: readonly { readonly type: 'public-key'; readonly id: string }[]
  readonly authenticatorSelection: {
    readonly residentKey: 'required'
    readonly requireResidentKey: true
    readonly userVerification: 'required'
  }
}

/** `secret` beside `prompt`: nothing is left to confirm, it is registered as soon as it is shown. */
export type BegunEnroll =
  | {
      readonly prompt: EnrollPrompt
      readonly state: string
      readonly send?: { readonly to: string; readonly message: Message }
    }
  | { readonly prompt: EnrollPrompt; readonly secret: string }

/**
 * Registering by the person, in two halves: `begin` makes what is to be confirmed, `finish` takes what shows that they
 * have it (ENR-03). The caller seals and keeps `state`, and counts the tries. `finish` null: it was wrong. It may hash: it runs
 * in no transaction, and throws `QueueFullError` where there is too much to do.
 */
export interface Enroll {
  /** What must be given before it can begin; null: nothing. */
  readonly asks: 'address' | null
  /** The life of what is to be confirmed. */
  readonly lifetimeMs: number
  /** Null where what was given is malformed. */
  begin(
    context: MethodContext,
    owner: Owner,
    given: string | null,
  ): BegunEnroll | null | Promise<BegunEnroll | null>
  finish(context: MethodContext, state: string, answer: Answer): Finished | Promise<Finished>
}

export type Finished = string | null | Weak

/** Which answers are no good, by question, and why. */
export type Weak = { readonly weak: Readonly<Record<string, Weakness>> }
