// After each command: what the real system says is held against the model, and the model learns what it may learn from it.
import { readReset } from '../src/actions/load.ts'
import { AppError } from '../src/errors.ts'
import type { Reset } from '../src/reset.ts'
import { heldMethods, isInDoubt, judgePhase, type Model, type ModelReset, note, objections } from './model.ts'
import { Killed, type System } from './model-system.ts'

/** A `no` is an answer of ours by its code; where the process was killed, the next one has been started. */
export type Outcome<T> = { readonly yes: T } | { readonly no: AppError['code'] | 'killed' }

/** Any other error than ours ends the test. */
export async function attempt<T>(system: System, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { yes: await work() }
  } catch (error) {
    if (error instanceof AppError) return { no: error.code }
    if (!(error instanceof Killed)) throw error
    await system.reopen()
    return { no: 'killed' }
  }
}

/** Says no to the test, with a sentence. */
export function must(holds: boolean, problem: string): void {
  if (!holds) throw new Error(problem)
}

export const readOf = ({ id, token }: ModelReset, system: System): Promise<Reset> =>
  readReset(system.world(), { id, token })

/** `mayForgive`: a right answer was given, which clears counts of failures. */
export async function sync(model: Model, system: System, mayForgive = false): Promise<void> {
  const now = system.clock.now()
  note(model, 'commands')
  const hasWritten = system.directory.writes.length > model.writes
  const keys = hasWritten ? await keysOnRecord(system) : null
  if (hasWritten || system.intentions() > model.intentions)
    for (const reset of model.resets) reset.isOvertaken ||= isInDoubt(reset)
  model.intentions = system.intentions()
  const problems: string[] = []
  for (const reset of model.resets) {
    if (keys) reset.keys = keys.get(reset.id) ?? []
    const read = reset.seen === 'failed' ? null : await readOf(reset, system).catch(gone)
    if (read === null) continue
    const phase = read.phase.name
    if (!isInDoubt(reset) && reset.seen !== 'done' && (phase === 'done' || isWriting(phase)))
      problems.push(...objections(model, reset, now).map(each => `reset ${reset.number} wrote: ${each}`))
    if (isWriting(phase)) reset.sentAt ??= now
    if (isInDoubt(reset) && phase === 'password') reset.handedBack += now - (reset.sentAt ?? now)
    problems.push(...judgePhase(reset, phase, writesOf(system, reset), now))
    if (phase === 'done' && reset.seen !== 'done') finish(model, reset, now)
    if (!isWriting(phase)) reset.sentAt = null
    if (phase !== reset.seen) note(model, `${reset.seen} > ${phase}`)
    reset.seen = phase
  }
  if (keys) problems.push(...learnWrites(model, system, keys, now))
  problems.push(...fallenCounters(model, system, mayForgive))
  must(problems.length === 0, problems.join('\n'))
}

const isWriting = (phase: string): boolean => phase === 'writing' || phase === 'uncertain'

/** Ended long ago and cleared away. */
function gone(error: unknown): null {
  if (error instanceof AppError && error.code === 'not-found') return null
  throw error
}

const writesOf = (system: System, { keys }: ModelReset): number =>
  system.directory.writes.filter(({ key }) => keys.includes(key)).length

/** The keys of the intentions on record, by reset. */
async function keysOnRecord(system: System): Promise<ReadonlyMap<string, readonly string[]>> {
  const records = await system.world().store.read(tx => tx.auditRecords(0, 100_000))
  const keys = new Map<string, string[]>()
  for (const { name, reset, object } of records) {
    if (name === 'reset.writing' && reset !== null && object !== null)
      keys.set(reset, [...(keys.get(reset) ?? []), object])
  }
  return keys
}

function learnWrites(
  model: Model,
  { directory: { writes } }: System,
  keys: ReadonlyMap<string, readonly string[]>,
  now: number,
): string[] {
  const known = new Set([...keys.values()].flat())
  model.writes = writes.length
  model.password = writes.at(-1)?.password ?? model.password
  model.writtenAt = now
  const unknown = writes.filter(({ key }) => !known.has(key)).length
  return unknown === model.foreign ? [] : ['a password was written without an intention on record']
}

/** Two gates that still count, and have nothing to do with what was disputed, lift the hold (decisions 2.4). */
function finish(model: Model, { proofs }: ModelReset, now: number): void {
  model.done += 1
  const held = heldMethods(model, now) ?? []
  const count = proofs.filter(({ method }) => model.methods.includes(method) && !held.includes(method)).length
  if (count >= 2 && count === proofs.length) model.holds = []
}

/** Nothing but a right answer lowers a count of failures (INV-5, RL-01, RL-11). */
function fallenCounters(model: Model, system: System, mayForgive: boolean): string[] {
  const now = system.counters()
  const before = model.counters
  model.counters = now
  if (mayForgive) return []
  return [...before]
    .filter(([name, value]) => name.startsWith('failures:') && (now.get(name) ?? 0) < value)
    .map(([name, value]) => `${name} fell from ${value} to ${now.get(name)} (INV-5)`)
}
