// New passwords, good and bad ones, once and twice at once, and what must come of each.
import type { CrashPoint } from '../src/actions/world.ts'
import { commitReset, type WriteOutcome } from '../src/actions/write.ts'
import { newToken, systemRandom } from '../src/lib/random.ts'
import { keepsOthers, type Model, type ModelReset, note, objections } from './model.ts'
import type { Loss } from './model-directory.ts'
import { attempt, must, type Outcome, readOf } from './model-sync.ts'
import type { System } from './model-system.ts'

/** `valid` twice: refused ones lead nowhere. */
export const WORDS = ['valid', 'valid', 'valid', 'short', 'banned', 'current'] as const

export type Setting = {
  readonly reset: ModelReset
  readonly word: (typeof WORDS)[number]
  readonly loss: Loss | null
  readonly point: CrashPoint | null
}

export async function setPassword(model: Model, system: System, given: Setting): Promise<undefined> {
  const { reset, word, loss, point } = given
  const phase = (await readOf(reset, system)).phase.name
  const against = phase === 'password' ? objections(model, reset, system.clock.now()) : [phase]
  const count = system.directory.writes.length
  system.directory.loseNext(loss)
  system.kill(point)
  const password = textOf(model, word)
  const answered = await attempt(system, () => commitReset(system.world(), reset, password))
  system.kill(null)
  system.directory.loseNext(null)
  const wrote = system.directory.writes.length - count
  const what = `SetPassword ${word} in ${phase} (${against.join(', ')})`
  must(wrote === 0 || (against.length === 0 && word === 'valid'), `${what} wrote`)
  note(model, `set ${word}: ${said(answered)}`)
  judgeAnswer(model, { answered, wrote, what, reset })
  // Five finished resets a day are enough for anybody, so the sixth may be put off.
  const isKept = model.resets.some(other => other !== reset && keepsOthers(other, system.clock.now()))
  must(wrote === 0 || !isKept, `${what} wrote while another write may still arrive`)
  const mustPass = against.length === 0 && word === 'valid' && !loss && !point && !isKept && model.done < 5
  must(
    !mustPass || ('yes' in answered && answered.yes.said === 'done'),
    `${what} was answered ${said(answered)}`,
  )
  if (against.length === 0 && !isKept && (word === 'short' || word === 'banned') && !point)
    must('yes' in answered && answered.yes.said === 'refused', `${what} was answered ${said(answered)}`)
}

type Judged = {
  readonly answered: Outcome<WriteOutcome>
  readonly wrote: number
  readonly what: string
  readonly reset: ModelReset
}

/** What is said of a write is so (INV-1). */
function judgeAnswer(model: Model, { answered, wrote, what, reset }: Judged): void {
  if ('no' in answered) {
    must(answered.no === 'killed' || wrote === 0, `${what} was answered ${answered.no}, and was written`)
    must(
      ['killed', 'wrong-step', 'not-now', 'too-many', 'not-found'].includes(answered.no),
      `${what}: ${answered.no}`,
    )
    return
  }
  const { said } = answered.yes
  if (said === 'done') {
    must(wrote === 1, `${what} was answered done, and was not written`)
    model.told.push({ reset: reset.id, record: ['reset.written', 'reset.settled'] })
  }
  if (said === 'refused' || said === 'nothing')
    must(wrote === 0, `${what} was answered ${said}, and was written`)
  if (said === 'uncertain') model.told.push({ reset: reset.id, record: ['reset.uncertain'] })
}

const said = (answered: Outcome<WriteOutcome>): string =>
  'yes' in answered ? answered.yes.said : answered.no

/** Two different passwords in one moment: one write at most, and no two answers of a kind. */
export async function doubleSubmit(model: Model, system: System, reset: ModelReset): Promise<undefined> {
  const count = system.directory.writes.length
  const passwords = [textOf(model, 'valid'), textOf(model, 'valid')]
  const answers = await Promise.all(
    passwords.map(password => attempt(system, () => commitReset(system.world(), reset, password))),
  )
  const wrote = system.directory.writes.slice(count)
  must(wrote.length <= 1, `DoubleSubmit wrote ${wrote.length} passwords (INV-2)`)
  const done = answers.filter(answered => 'yes' in answered && answered.yes.said === 'done')
  note(model, `double: ${wrote.length}`)
  must(done.length === wrote.length, `DoubleSubmit wrote ${wrote.length} and said done ${done.length} times`)
}

function textOf({ password }: Model, word: Setting['word']): string {
  switch (word) {
    case 'valid':
      return `Valid-${newToken(systemRandom)}`
    case 'short':
      return 'Sh0rt!'
    case 'banned':
      return 'Contoso2026!'
    case 'current':
      return password
  }
}
