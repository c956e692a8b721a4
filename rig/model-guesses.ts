// Answers to challenges, right and wrong ones, and what must come of each.
import { answerChallenge, chooseMethod } from '../src/actions/prove.ts'
import type { CrashPoint } from '../src/actions/world.ts'
import { TRIES_MAX } from '../src/limit.ts'
import type { MethodName } from '../src/method.ts'
import { openChallenge, type Reset } from '../src/reset.ts'
import { appCodeOf } from './faulty-walk.ts'
import { type Model, type ModelReset, note, usableMethods } from './model.ts'
import { attempt, must, readOf } from './model-sync.ts'
import type { System } from './model-system.ts'

export type Guess = {
  readonly reset: ModelReset
  readonly method: MethodName
  /** `old`: what was used before, or replaced by a newer code. `other reset`: mailed for another one. */
  readonly kind: 'right' | 'wrong' | 'old' | 'other reset'
  readonly point: CrashPoint | null
}

/** Chooses the method where it is not open yet, and answers. True: a right answer was given. */
export async function guess(model: Model, system: System, given: Guess): Promise<boolean> {
  const { reset, method, kind, point } = given
  // What is due now is done before: settling another write may end this reset.
  await system.housekeep()
  const before = await choose(model, system, reset, method)
  if (before === null) return false
  await system.housekeep()
  const code = codeFor(model, system, given)
  if (code === null) return false
  const challenge = openChallenge(before)
  const now = system.clock.now()
  const failures = failuresOf(system)
  system.kill(point)
  const answered = await attempt(system, () =>
    answerChallenge(system.world(), reset, { kind: 'code', code: code.text }),
  )
  system.kill(null)
  const isTimely = challenge !== null && challenge.tries < TRIES_MAX && now < challenge.expiresAt
  const mayPass = kind === 'right' && reset.isOwned && isTimely && !isUsed(model, code.artefact)
  if ('no' in answered && answered.no !== 'killed') {
    must(answered.no === 'too-many', `an answer was answered ${answered.no}`)
    return false
  }
  // Where the process died after the commit, the reset itself says whether the answer was right.
  const isRight =
    'yes' in answered ? answered.yes.right : (await readOf(reset, system)).passed.length > reset.proofs.length
  must(!isRight || mayPass, `${kind} ${method} passed reset ${reset.number}: ${code.artefact}`)
  const stands = mayPass && isFresh(model, system, method, reset)
  must(isRight || !stands, `the right ${method} was refused by reset ${reset.number}`)
  if ('yes' in answered) {
    const record = [isRight ? 'reset.answer_passed' : 'reset.answer_failed']
    model.told.push({ reset: reset.id, record })
  }
  if (!isRight && isTimely)
    must(
      failuresOf(system) === failures + 1,
      `a wrong ${method} was not counted by reset ${reset.number} (INV-5)`,
    )
  note(model, `${kind} ${isRight ? 'passed' : 'failed'}`)
  if (isRight) learn(model, reset, { method, artefact: code.artefact, at: now })
  return isRight
}

/** Of all methods and of everybody: each wrong answer makes it one more. */
const failuresOf = (system: System): number =>
  [...system.counters()].reduce((sum, [name, value]) => sum + (name.startsWith('failures:') ? value : 0), 0)

/** Nothing stands against a right answer: the method may prove something, and has not failed too often. */
const isFresh = (model: Model, system: System, method: MethodName, reset: ModelReset): boolean =>
  usableMethods(model, system.clock.now()).includes(method) &&
  !reset.proofs.some(proof => proof.method === method) &&
  [...system.counters()].every(([name, value]) => !name.startsWith('failures:') || value < 30)

function learn(model: Model, reset: ModelReset, proof: ModelReset['proofs'][number]): void {
  reset.proofs = [...reset.proofs, proof]
  model.used.add(proof.artefact)
  if (proof.method === 'recovery_code')
    model.saved = model.saved.filter(code => `saved:${code}` !== proof.artefact)
}

/** The reset with this method's challenge open; null where it is not offered, or not now. */
async function choose(
  model: Model,
  system: System,
  reset: ModelReset,
  method: MethodName,
): Promise<Reset | null> {
  const read = await readOf(reset, system)
  const option = read.options.find(each => each.method === method)
  if (read.phase.name !== 'proving' || !option) return null
  if (openChallenge(read)?.method === method) return read
  const chosen = await attempt(system, () => chooseMethod(system.world(), reset, option.id))
  if ('yes' in chosen) {
    const isNew = !read.challenges.some(challenge => challenge.option === option.id)
    if (isNew) model.told.push({ reset: reset.id, record: ['reset.challenge_begun'] })
    return chosen.yes
  }
  must(chosen.no === 'too-many', `a choice was answered ${chosen.no}`)
  return null
}

type Code = { readonly text: string; readonly artefact: string }

function codeFor(model: Model, system: System, given: Guess): Code | null {
  const { method, kind } = given
  if (kind === 'right') return rightCode(model, system, given)
  if (kind === 'wrong')
    return { text: method === 'recovery_code' ? 'ABCDABCDABCDABCD' : '000000', artefact: 'none' }
  if (method === 'email') return otherMail(system, given)
  // Neither an app's codes nor saved ones belong to one reset.
  if (kind === 'other reset') return null
  const prefix = method === 'app_code' ? 'app:' : 'saved:'
  const used = [...model.used].findLast(artefact => artefact.startsWith(prefix))
  return used === undefined ? null : { text: used.split(':').at(-1) ?? '', artefact: used }
}

function rightCode(model: Model, system: System, { reset, method }: Guess): Code | null {
  if (method === 'recovery_code') {
    const [text] = model.saved
    return text === undefined ? null : { text, artefact: `saved:${text}` }
  }
  if (method === 'app_code') {
    const text = appCodeOf(system.world(), system)
    return { text, artefact: `app:${Math.floor(system.clock.now() / 30_000)}:${text}` }
  }
  const text = mailsFor(system, reference => reference === reset.reference).at(-1)
  return text === undefined
    ? { text: '000000', artefact: 'none' }
    : { text, artefact: `mail:${reset.number}:${text}` }
}

/** A code that was replaced by a newer one, or went to another reset. */
function otherMail(system: System, { reset, kind }: Guess): Code | null {
  const own = mailsFor(system, reference => reference === reset.reference)
  const text =
    kind === 'old' ? own.at(-2) : mailsFor(system, reference => reference !== reset.reference).at(-1)
  return text === undefined || text === own.at(-1) ? null : { text, artefact: 'of another challenge' }
}

const mailsFor = (system: System, isWanted: (reference: string) => boolean): string[] =>
  system.sent.flatMap(({ message }) =>
    message.kind === 'code' && isWanted(message.reference) ? [message.code] : [],
  )

/** An app's code is used up with every earlier one. */
function isUsed(model: Model, artefact: string): boolean {
  if (!artefact.startsWith('app:')) return artefact === 'none' || model.used.has(artefact)
  const step = Number(artefact.split(':')[1])
  return [...model.used].some(used => used.startsWith('app:') && Number(used.split(':')[1]) >= step)
}
