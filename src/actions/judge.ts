import type { Enrollment } from '../enrollment.ts'
import { deadline, seconds } from '../lib/clock.ts'
import { QueueFullError } from '../lib/hash-queue.ts'
import type { Answer, Judged, Method } from '../method.ts'
import type { Challenge, Option, Reset } from '../reset.ts'
import type { Tx } from '../store/store.ts'
import { notNow } from './find-account.ts'
import { methodContext } from './options.ts'
import type { World } from './world.ts'

/** A try at an option, of a reset or of a sign-in. */
export type Try = { readonly option: Option; readonly challenge: Challenge }

/** `by`: the enrollment that proved, which is not always the first one behind the option. */
export type Proved = Judged & { readonly by: string }

/** A line that is longer than this is as good as full (DOS-04). */
const PREPARE_MS = seconds(4)

/**
 * What is slow on purpose is done before anything is locked, for somebody and for nobody alike. Throws `not-now` where there
 * is too much of it; nothing is spent then.
 */
export async function prepare(
  world: World,
  { reference }: Pick<Reset, 'reference'>,
  { option, challenge }: Try,
  answer: Answer,
): Promise<Answer> {
  const method = world.methods[option.method]
  if (!method.prepare) return answer
  const kept = await world.store.read(tx => enrollmentFor(method, tx, option, answer))
  const context = methodContext(world, reference)
  const secret = kept?.secret ?? method.decoySecret(context)
  return method.prepare(context, secret, challenge.state, answer, deadline(PREPARE_MS)).catch(notNowWhenBusy)
}

/** The one behind the option; where an option stands for several, the one that the answer names. */
async function enrollmentFor(
  method: Method,
  tx: Tx,
  { enrollment, others = [] }: Option,
  answer: Answer,
): Promise<Enrollment | null> {
  if (enrollment === null) return null
  if (!method.isNamed) return tx.enrollments.get(enrollment)
  for (const id of [enrollment, ...others.map(other => other.enrollment)]) {
    const kept = await tx.enrollments.get(id)
    if (kept && method.isNamed(kept.secret, answer)) return kept
  }
  return null
}

/** A full line, or one that took too long, is no fault of the person. */
export const isBusy = (cause: unknown): boolean =>
  cause instanceof QueueFullError || (cause instanceof Error && cause.name === 'TimeoutError')

export function notNowWhenBusy(cause: unknown): never {
  throw isBusy(cause) ? notNow(cause) : cause
}

/**
 * Compares, and uses the proof up: of two judgements of one secret only the first to save it counts (TOK-04, OTP-03). Null:
 * it proves nothing.
 */
export async function judge(
  world: World,
  tx: Tx,
  { reference }: Pick<Reset, 'reference'>,
  { option, challenge }: Try,
  answer: Answer,
): Promise<Proved | null> {
  const method = world.methods[option.method]
  const enrollment = await enrollmentFor(method, tx, option, answer)
  const context = methodContext(world, reference)
  const secret = enrollment?.secret ?? method.decoySecret(context)
  const judged = method.judge(context, secret, challenge.state, answer)
  if (judged.verdict !== 'passed' || !enrollment) return null
  const used = { secret: judged.secret ?? enrollment.secret, usedAt: context.now }
  return (await tx.enrollments.advance(enrollment.id, enrollment.version, used))
    ? { ...judged, by: enrollment.id }
    : null
}
