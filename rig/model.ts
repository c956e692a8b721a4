// A small pure model of one account's recovery: what has been proven, used, written and said, and what may follow from
// that. It predicts no text and no id; it knows what must never be, and what must succeed where nothing stands against it.
import { hours, type Instant, minutes, seconds } from '../src/lib/clock.ts'
import type { MethodName } from '../src/method.ts'
import type { Phase } from '../src/reset.ts'

export type ModelProof = {
  readonly method: MethodName
  /** Names the code that was used: no other proof may ever name it. */
  readonly artefact: string
  readonly at: Instant
}

/** One reset as the model knows it. */
export type ModelReset = {
  readonly number: number
  readonly id: string
  readonly token: string
  readonly reference: string
  /** False for a login that nobody has: never to be passed. */
  readonly isOwned: boolean
  readonly startedAt: Instant
  readonly gates: 1 | 2
  proofs: readonly ModelProof[]
  /** As it was last seen. */
  seen: Phase['name']
  /** When its open write was sent; null while none is on the way. */
  sentAt: Instant | null
  /** Keys of its intentions, to know its writes by. */
  keys: readonly string[]
  /** The account was written by other means since: nobody can tell what became of its write. */
  isOvertaken: boolean
  /** How long its writes were in doubt, which is handed back to the person. */
  handedBack: number
}

export type Model = {
  gates: 1 | 2
  methods: readonly MethodName[]
  isActive: boolean
  isDown: boolean
  holds: readonly { readonly until: Instant; readonly methods: readonly MethodName[] }[]
  resets: ModelReset[]
  used: Set<string>
  starts: Instant[]
  /** The password that was set last, by whom, and when. */
  password: string
  /** Writes that are accounted for. */
  writes: number
  /** Those that no reset made. */
  foreign: number
  /** Intentions on record that are accounted for. */
  intentions: number
  writtenAt: Instant
  /** What somebody was told, for the record (INV-3). */
  told: { readonly reset: string; readonly record: readonly string[] }[]
  done: number
  /** How often a reset went from where to where, and what else happened. */
  readonly seen: Map<string, number>
  /** The store's counters after the last command. */
  counters: ReadonlyMap<string, number>
  /** Saved codes that nobody has used. */
  saved: readonly string[]
}

/** What somebody of the model has: new methods of the product are none of its matter. */
export const MODEL_METHODS = ['app_code', 'email', 'recovery_code'] as const satisfies readonly MethodName[]

export const newModel = (password: string, saved: readonly string[]): Model => ({
  ...{ gates: 2, methods: MODEL_METHODS, isActive: true, isDown: false, holds: [] },
  ...{
    resets: [],
    used: new Set(),
    starts: [],
    password,
    writes: 0,
    foreign: 0,
    intentions: 0,
    writtenAt: 0,
    told: [],
    done: 0,
    seen: new Map(),
  },
  ...{ counters: new Map(), saved },
})

export const note = ({ seen }: Model, what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)

const RESET_MS = minutes(30)
const AFTER_LAST_GATE_MS = minutes(10)
/** "Unchanged" is believed once no deadline can still run: 30 s for the write and 30 s of grace (decisions 4.9). */
const BELIEVED_MS = seconds(60)
const GIVEN_UP_MS = hours(24)

export const isOpen = ({ seen }: ModelReset): boolean => seen === 'proving' || seen === 'password'
export const isInDoubt = ({ seen }: ModelReset): boolean => seen === 'writing' || seen === 'uncertain'

/** A write that may still arrive keeps every other reset of the account from writing. */
export const keepsOthers = ({ sentAt }: ModelReset, now: Instant): boolean =>
  sentAt !== null && now - sentAt < BELIEVED_MS

/** The last moment at which a person may still do something, without extensions. */
export const endsAt = ({ startedAt, proofs, gates, handedBack }: ModelReset): Instant => {
  const last = proofs.at(-1)
  if (!last || proofs.length < gates) return startedAt + RESET_MS
  return last.at + AFTER_LAST_GATE_MS + handedBack
}

/** Why a password may not be written through this reset now; none: it may. The heart of it all. */
export function objections(model: Model, reset: ModelReset, now: Instant): string[] {
  const { proofs } = reset
  const held = heldMethods(model, now)
  const gates = Math.max(reset.gates, model.gates, held ? 2 : 1)
  return [
    ...(reset.isOwned ? [] : ['nobody has this login']),
    ...(proofs.length >= gates ? [] : [`${proofs.length} of ${gates} gates were passed`]),
    ...(new Set(proofs.map(({ method }) => method)).size === proofs.length ? [] : ['one method twice']),
    ...(proofs.every(({ method }) => model.methods.includes(method)) ? [] : ['a method was switched off']),
    ...(held && proofs.some(({ method }) => held.includes(method)) ? ['a method is held'] : []),
    ...(proofs.every(({ at }) => at >= reset.startedAt) ? [] : ['a proof is older than the reset']),
    ...(now < endsAt(reset) ? [] : ['the time was over']),
    ...(model.isActive ? [] : ['the account is disabled']),
    ...(model.isDown ? ['the directory is down'] : []),
    ...(reset.startedAt >= model.writtenAt ? [] : ['the password was changed meanwhile']),
  ]
}

/** What is wrong when a reset that stood at `reset.seen` is found in `phase`, `writes` passwords written through it. */
export function judgePhase(reset: ModelReset, phase: Phase['name'], writes: number, now: Instant): string[] {
  const said = `reset ${reset.number} went from ${reset.seen} to ${phase}`
  const problems: string[] = []
  const age = reset.sentAt === null ? 0 : now - reset.sentAt
  if ((reset.seen === 'done' || reset.seen === 'failed') && phase !== reset.seen)
    problems.push(`${said}: it had ended`)
  if (writes > 1) problems.push(`${said}: ${writes} passwords were written through it (INV-2)`)
  if (phase === 'done' && writes === 0) problems.push(`${said}: nothing was written (INV-1)`)
  if ((phase === 'proving' || phase === 'password') && writes > 0)
    problems.push(`${said}: its password was written (INV-1)`)
  if (phase === 'failed' && writes > 0 && !(isInDoubt(reset) && age >= GIVEN_UP_MS))
    problems.push(`${said}: its password was written (INV-1)`)
  if (isInDoubt(reset) && !isDoubtful(phase) && phase !== 'done' && age < BELIEVED_MS)
    problems.push(`${said}: a write of ${age} ms ago may still arrive`)
  if ((phase === 'password' || isDoubtful(phase)) && reset.proofs.length < reset.gates)
    problems.push(`${said}: ${reset.proofs.length} of ${reset.gates} gates were passed`)
  if ((phase === 'proving' || phase === 'password') && now >= endsAt(reset))
    problems.push(`${said}: its time is over`)
  return problems
}

const isDoubtful = (phase: Phase['name']): boolean => phase === 'writing' || phase === 'uncertain'

/** The budget of a login: 10 in an hour, 30 in a day (decisions 2.5), whatever window they are counted in. */
export function mayStart({ starts, isDown }: Model, now: Instant): 'yes' | 'no' | 'perhaps' {
  if (isDown) return 'no'
  const within = (ms: number): number => starts.filter(at => now - at < ms).length
  return within(hours(2)) < 10 && within(hours(48)) < 30 ? 'yes' : 'perhaps'
}

/** Those that may prove something now. */
/** Null: nothing is held. Two holds at once hold what either of them holds. */
export function heldMethods({ holds }: Model, now: Instant): MethodName[] | null {
  const standing = holds.filter(({ until }) => now < until)
  return standing.length === 0 ? null : standing.flatMap(({ methods }) => methods)
}

export function usableMethods(model: Model, now: Instant): MethodName[] {
  const { methods, saved } = model
  const held = heldMethods(model, now) ?? []
  return methods.filter(method => !held.includes(method) && (method !== 'recovery_code' || saved.length > 0))
}

export function isEligible(model: Model, now: Instant): boolean {
  const gates = heldMethods(model, now) ? 2 : model.gates
  return model.isActive && usableMethods(model, now).length >= gates
}
