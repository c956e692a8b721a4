import { AppError } from '../errors.ts'
import { deadline, minutes, seconds } from '../lib/clock.ts'
import type { HashQueue } from '../lib/hash-queue.ts'
import { newId, type Random } from '../lib/random.ts'
import { equal } from '../lib/seal.ts'
import type { Answer, BegunEnroll, Judged, Method, MethodContext, Owner, Question, Weak } from '../method.ts'
import { normaliseAnswer, weaknesses } from '../security-answers.ts'
import { DEFAULT_SETTINGS, PROFILES, RESET_MINUTES_MAX } from '../settings.ts'
import { isTopic, QUESTION_BOUNDS, type QuestionSettings, TOPICS } from '../topics.ts'
import { type AnswerHash, createAnswerHash, hashOfNobody, SALT_BYTES } from './answer-hash.ts'

/** An answer that is kept: the organisation's own question as it was when it was answered, and the hash. */
type Kept = { readonly topic: string; readonly text: string | null; readonly hash: string }

/**
 * `kept` in the order of the draw: the first ones are asked, the same until all were right (KBQ-03). `draw` is its name: a
 * challenge that was begun under another one proves nothing any more.
 */
type Secret = { readonly draw: string; readonly kept: readonly Kept[] }
type State = { readonly draw: string; readonly asked: readonly string[] }

/** What is kept while somebody chooses and answers. */
type Choosing = {
  readonly login: string
  readonly displayName: string
  readonly count: number
  readonly own: QuestionSettings['own']
}

export type QuestionParts = {
  readonly queue: HashQueue
  /** One of our questions in every language that there is. */
  readonly wordings: (topic: string) => readonly string[]
}

/** As long as a person's own five may take in a line that is not full. */
const HASH_MS = seconds(10)

/** Answers to questions that were chosen before. All are judged together, and only beside another gate (decisions 3.10). */
export function createSecurityQuestions({ queue, wordings }: QuestionParts): Method {
  const hash = createAnswerHash(queue)
  const keep = (
    context: MethodContext,
    questions: readonly Question[],
    answers: ReadonlyMap<string, string>,
  ) => newSecret(hash, context.random, questions, answers)
  const weakOf = (answers: ReadonlyMap<string, string>, { login, displayName, own }: Choosing) =>
    weaknesses(answers, {
      names: [login, login.split('@')[0] ?? '', displayName],
      wordings: id =>
        own
          .filter(each => each.id === id)
          .map(each => each.text)
          .concat(wordings(id)),
    })
  return {
    name: 'security_questions',
    sends: false,
    lifetimeMs: strict => minutes(strict ? PROFILES.strict.resetMinutes : RESET_MINUTES_MAX),
    // All questions are one channel (decisions 3.1).
    channel: () => 'security_questions',
    hasUses: () => true,
    hint: () => null,
    address: () => null,
    decoySecret,
    begin,
    prepare: (_context, secret, state, answer, signal) => prepare(hash, secret, state, answer, signal),
    judge,
    enroll: {
      asks: null,
      lifetimeMs: minutes(30),
      begin: beginEnroll,
      async finish(context, kept, answer) {
        // as: what beginEnroll wrote, and the seal around it vouches for it.
        const choosing = JSON.parse(kept) as Choosing
        const answers = chosen(answer, choosing)
        if (answers === null) return null
        const weak = weakOf(answers, choosing)
        return weak.size > 0 ? weakness(weak) : keep(context, offered(choosing.own), answers)
      },
    },
    fromImport: () => null,
    async hashImport(context, fields, owner) {
      const choosing = choosingOf(context, owner)
      const answers = importedAnswers(context, fields, choosing)
      return answers && weakOf(answers, choosing).size === 0
        ? keep(context, offered(choosing.own), answers)
        : null
    },
  }
}

const settingsOf = ({ questions }: MethodContext): QuestionSettings => questions ?? DEFAULT_SETTINGS.questions

/** Ours, in the language of the page, and then the organisation's. */
const offered = (own: QuestionSettings['own']): Question[] => [
  ...TOPICS.map(id => ({ id, text: null })),
  ...own,
]

function begin(context: MethodContext, text: string) {
  const { draw, kept } = read(text)
  const asked = kept.slice(0, settingsOf(context).asked)
  const state: State = { draw, asked: asked.map(({ topic }) => topic) }
  return {
    prompt: { kind: 'questions', questions: asked.map(({ topic, text }) => ({ id: topic, text })) } as const,
    state: JSON.stringify(state),
  }
}

/** As many hashes as questions, whatever was typed and whoever is asked. */
async function prepare(
  hash: AnswerHash,
  text: string,
  state: string,
  answer: Answer,
  signal: AbortSignal,
): Promise<Answer> {
  const { asked } = readState(state)
  const given = givenBy(answer)
  const isWhole = given.size === asked.length && asked.every(id => given.has(id))
  const compared = asked.map(id => ({
    answer: (isWhole ? normaliseAnswer(given.get(id) ?? '') : null) ?? '',
    like: hashOf(text, id),
  }))
  return { kind: 'hashes', hashes: await hash.again(compared, signal) }
}

/** Compares every one, whichever is wrong, and tells of none (KBQ-04). A right set draws the next one. */
function judge({ random }: MethodContext, text: string, state: string, answer: Answer): Judged {
  if (answer?.kind !== 'hashes') return { verdict: 'failed' }
  const { draw, asked } = readState(state)
  const secret = read(text)
  const right = asked.map((id, index) => equal(answer.hashes[index] ?? '', hashOf(text, id)))
  if (right.includes(false) || right.length === 0 || secret.draw !== draw) return { verdict: 'failed' }
  return { verdict: 'passed', secret: JSON.stringify(drawn(random, secret.kept)) }
}

/** Nobody's hash where the question is none of theirs: it takes as long. */
const hashOf = (text: string, topic: string): string =>
  read(text).kept.find(one => one.topic === topic)?.hash ?? NOBODYS
const NOBODYS = hashOfNobody(Buffer.alloc(SALT_BYTES), Buffer.alloc(32))

/** Of the shape that a person's has; what is shown of it differs in the choice of topics alone. */
function decoySecret({ random }: MethodContext): string {
  const kept = TOPICS.map(topic => ({
    topic,
    text: null,
    hash: hashOfNobody(random.bytes(SALT_BYTES), random.bytes(32)),
  }))
  const secret = drawn(random, kept)
  return JSON.stringify({ ...secret, kept: secret.kept.slice(0, QUESTION_BOUNDS.count.max) })
}

/** A new name and a new order, every order as likely. */
function drawn(random: Random, kept: readonly Kept[]): Secret {
  const order = [...kept]
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1)
    const [a, b] = [order[last], order[other]]
    if (a && b) [order[last], order[other]] = [b, a]
  }
  return { draw: newId(random), kept: order }
}

const choosingOf = (
  context: MethodContext,
  { login, displayName }: Pick<Owner, 'login' | 'displayName'>,
): Choosing => {
  const { registered, own } = settingsOf(context)
  return { login, displayName, count: registered, own }
}

function beginEnroll(context: MethodContext, owner: Owner): BegunEnroll | null {
  if (context.strict) return null
  const choosing = choosingOf(context, owner)
  const prompt = { kind: 'questions', count: choosing.count, questions: offered(choosing.own) } as const
  return { prompt, state: JSON.stringify(choosing) }
}

/** As many as were asked for, of those that were offered; null where it is anything else. */
function chosen(answer: Answer, { count, own }: Choosing): ReadonlyMap<string, string> | null {
  const given = givenBy(answer)
  return given.size === count && [...given.keys()].every(id => isOffered(id, own)) ? given : null
}

const isOffered = (id: string, own: QuestionSettings['own']): boolean =>
  isTopic(id) || own.some(each => each.id === id)

/** Without a prototype in the way. */
const givenBy = (answer: Answer): ReadonlyMap<string, string> =>
  new Map(answer?.kind === 'questions' ? Object.entries(answer.answers) : [])

const weakness = (weak: ReadonlyMap<string, Weak['weak'][string]>): Weak => ({
  weak: Object.fromEntries(weak),
})

async function newSecret(
  hash: AnswerHash,
  random: Random,
  questions: readonly Question[],
  answers: ReadonlyMap<string, string>,
): Promise<string> {
  const salted = [...answers.values()].map(typed => ({
    answer: normaliseAnswer(typed) ?? '',
    salt: random.bytes(SALT_BYTES),
  }))
  const hashes = await hash.fresh(salted, deadline(HASH_MS))
  const kept = [...answers.keys()].map((topic, index) => ({
    topic,
    text: questions.find(({ id }) => id === topic)?.text ?? null,
    hash: hashes[index] ?? '',
  }))
  return JSON.stringify(drawn(random, kept))
}

const FIELDS = ['login', 'method', 'answers']

/** `answers`: 3 to 5 by topic, none of them weak; the strict profile has no questions at all (KBQ-01). */
function importedAnswers(
  { strict }: MethodContext,
  fields: Readonly<Record<string, unknown>>,
  { own }: Choosing,
): ReadonlyMap<string, string> | null {
  const { answers } = fields
  if (strict || typeof answers !== 'object' || answers === null || Array.isArray(answers)) return null
  if (!Object.keys(fields).every(name => FIELDS.includes(name))) return null
  const { min, max } = QUESTION_BOUNDS.count
  const given = Object.entries(answers)
  if (given.length < min || given.length > max) return null
  const texts = given.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return texts.length === given.length && texts.every(([id]) => isOffered(id, own)) ? new Map(texts) : null
}

/** We wrote them, and they were authenticated when they were opened. */
const read = (text: string): Secret => parsed(text)
const readState = (text: string): State => parsed(text)

/** The parser's own words would quote it: they are dropped. */
function parsed<T>(text: string): T {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('internal', 'What is kept of security questions cannot be read.')
  }
}
