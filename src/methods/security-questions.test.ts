import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createHashQueue, type HashQueue, QueueFullError } from '../lib/hash-queue.ts'
import { createTexts, readCatalogues } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'
import type { Begun, MethodContext, QuestionsPrompt } from '../method.ts'
import { TOPICS, wordingsIn } from '../topics.ts'
import { contextOf } from './conformance.ts'
import { answersConformance, judgeAnswers } from './conformance-answers.ts'
import { createSecurityQuestions } from './security-questions.ts'

const texts = createTexts<Messages>(readCatalogues(fileURLToPath(new URL('../../locales', import.meta.url))))
const partsOf = (queue: HashQueue) => ({ queue, wordings: wordingsIn(texts) })
const method = createSecurityQuestions(partsOf(createHashQueue()))
const owner = { id: 'x', login: 'ann.example', displayName: 'Ann Exámple', organisation: 'Example' }

const FIVE = {
  first_pet: 'Räuber Hotzenplotz',
  first_street: 'Am Ælfric Weg',
  childhood_hero: 'Μίκης Θεοδωράκης',
  stuffed_toy: 'Herr Bär',
  birth_hospital: 'مستشفى النور',
} as const

const asked = (begun: Begun): QuestionsPrompt['questions'] =>
  begun.prompt.kind === 'questions' ? begun.prompt.questions : []

async function imported(context: MethodContext, answers: object = FIVE): Promise<string> {
  const fields = { login: owner.login, method: method.name, answers }
  return (await method.hashImport?.(context, fields, owner)) ?? 'not imported'
}

const rightOf = (begun: Begun, all: Readonly<Record<string, string>>) =>
  Object.fromEntries(asked(begun).map(({ id }) => [id, all[id] ?? '']))

let person = 0
answersConformance(method, async context => {
  person += 1
  const own = Object.fromEntries(Object.entries(FIVE).map(([id, answer]) => [id, `${answer} ${person}`]))
  return {
    secret: await imported(context, own),
    answers: begun => rightOf(begun, own),
    hidden: Object.values(own),
  }
})

const context = contextOf('questions')

describe('the questions that are asked', () => {
  it('are as many as the policy says, at most those that there are, and the same every time', async () => {
    const secret = await imported(context)
    for (const count of [3, 4, 5]) {
      const questions = { registered: 5, asked: count, own: [] }
      const first = asked(method.begin({ ...context, questions }, secret))
      expect(new Set(first.map(({ id }) => id)).size).toBe(count)
      for (let flow = 0; flow < 50; flow++)
        expect(asked(method.begin({ ...context, questions }, secret))).toEqual(first)
    }
    const { first_pet, stuffed_toy, first_street } = FIVE
    const few = await imported(context, { first_pet, stuffed_toy, first_street })
    expect(
      asked(method.begin({ ...context, questions: { registered: 5, asked: 5, own: [] } }, few)),
    ).toHaveLength(3)
  })

  it('are drawn anew when all were right, never when one was wrong, and each comes as often', async () => {
    let secret = await imported(context)
    const often = new Map<string, number>()
    for (let reset = 0; reset < 24; reset++) {
      const begun = method.begin(context, secret)
      const right = rightOf(begun, FIVE)
      if (reset < 3)
        expect(
          await judgeAnswers(method, context, secret, begun.state, {
            ...right,
            [asked(begun)[0]?.id ?? '']: 'no',
          }),
        ).toEqual({ verdict: 'failed' })
      secret = (await judgeAnswers(method, context, secret, begun.state, right)).secret ?? ''
      for (const { id } of asked(begun)) often.set(id, (often.get(id) ?? 0) + 1)
    }
    for (const id of Object.keys(FIVE)) expect(often.get(id)).toBeGreaterThan(5)
  })

  it('of the organisation keep the words that they were answered under', async () => {
    const questions = { registered: 3, asked: 3, own: [{ id: 'badge', text: 'Which colour is <b>it</b>?' }] }
    const { first_pet, stuffed_toy } = FIVE
    const secret = await imported({ ...context, questions }, { first_pet, stuffed_toy, badge: 'Dark teal' })
    const shown = asked(method.begin(context, secret))
    expect(shown.find(({ id }) => id === 'badge')).toEqual({
      id: 'badge',
      text: 'Which colour is <b>it</b>?',
    })
    expect(shown.find(({ id }) => id === 'first_pet')).toEqual({ id: 'first_pet', text: null })
  })
})

describe('what is kept', () => {
  it('is Argon2id at 19 MiB, two passes, one lane, a salt of its own for each', async () => {
    const { kept } = JSON.parse(await imported(context)) as { kept: { hash: string }[] }
    expect(kept).toHaveLength(5)
    for (const { hash } of kept)
      expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(new Set(kept.map(({ hash }) => hash.split('$')[4])).size).toBe(5)
  })

  it('is hashed as often for a wrong set as for a right one, for nobody as for somebody', async () => {
    let hashes = 0
    const queue = createHashQueue()
    const counting: HashQueue = {
      ...queue,
      runAll: (batch, work, signal) => {
        hashes += batch.length
        return queue.runAll(batch, work, signal)
      },
    }
    const counted = createSecurityQuestions(partsOf(counting))
    const secret = await imported(context)
    const begun = counted.begin(context, secret)
    const right = rightOf(begun, FIVE)
    for (const [kept, answers] of [
      [secret, right],
      [secret, { ...right, first_pet: 'x' }],
      [secret, {}],
      [secret, { a: '\0' }],
      [counted.decoySecret(context), right],
    ] as const) {
      hashes = 0
      await judgeAnswers(counted, context, kept, begun.state, answers)
      expect(hashes).toBe(3)
    }
  })

  it('waits in a line of its own: one hash at once, and turned away where it is full', async () => {
    let running = 0
    let most = 0
    const waiting = 3
    const queue = createHashQueue(2, 1, waiting)
    const watched: HashQueue = {
      ...queue,
      runAll: (batch, work, signal) => {
        const counted = async (each: (typeof batch)[number]) => {
          most = Math.max(most, ++running)
          return work(each).finally(() => running--)
        }
        return queue.runAll(batch, counted, signal)
      },
    }
    const busy = createSecurityQuestions(partsOf(watched))
    const secret = await imported(context)
    const { state } = busy.begin(context, secret)
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, () => judgeAnswers(busy, context, secret, state, {})),
    )
    expect(most).toBe(1)
    const refused = all.filter(each => each.status === 'rejected')
    expect(refused).toHaveLength(6 - waiting - 1)
    for (const each of refused) expect(each.reason).toBeInstanceOf(QueueFullError)
  })
})

describe('an import', () => {
  const { first_pet, stuffed_toy, first_street } = FIVE
  const three = { first_pet, stuffed_toy, first_street }
  it.each([
    ['two answers', { first_pet, stuffed_toy }],
    ['six answers', { ...FIVE, first_job: 'Shepherd boy' }],
    ['an unknown topic', { first_pet, stuffed_toy, shoe_size: 'forty two' }],
    ['an answer that is no text', { ...three, first_pet: 7 }],
    ['a list', [first_pet, stuffed_toy, first_street]],
    ['nothing', null],
    ['a weak answer', { ...three, first_pet: 'Ann' }],
  ])('refuses %s', async (_what, answers) => {
    expect(await imported(context, answers as object)).toBe('not imported')
  })

  it('takes three to five, and none in the strict profile', async () => {
    expect(await imported(context, three)).not.toBe('not imported')
    expect(await imported({ ...context, strict: true }, three)).toBe('not imported')
    const fields = { login: 'ann', method: method.name, answers: three, answer: 'x' }
    expect(await method.hashImport?.(context, fields, owner)).toBeNull()
    expect(method.fromImport(context, { login: 'ann', method: method.name, answers: three })).toBeNull()
  })
})

describe('registering', () => {
  const begunFor = (questions = { registered: 3, asked: 3, own: [] as { id: string; text: string }[] }) => {
    const begun = method.enroll?.begin({ ...context, questions }, owner, null)
    if (!begun || !('state' in begun)) throw new Error('nothing was begun')
    return begun
  }
  const finish = (state: string, answers: Readonly<Record<string, string>>) =>
    method.enroll?.finish(context, state, { kind: 'questions', answers })

  it('offers all 35 and the organisation’s, and keeps what was chosen', async () => {
    const { prompt, state } = begunFor({
      registered: 3,
      asked: 3,
      own: [{ id: 'badge', text: 'Which badge?' }],
    })
    expect(prompt.kind === 'questions' && prompt.questions.map(({ id }) => id)).toEqual([...TOPICS, 'badge'])
    const secret = await finish(state, {
      first_pet: 'Hotzenplotz',
      stuffed_toy: 'Herr Bär',
      badge: 'Dark teal',
    })
    expect(asked(method.begin(context, String(secret)))).toHaveLength(3)
  })

  it('takes as many as the policy says, of those that were offered', async () => {
    const { state } = begunFor()
    const { first_pet, stuffed_toy, first_street } = FIVE
    expect(await finish(state, { first_pet, stuffed_toy })).toBeNull()
    expect(await finish(state, FIVE)).toBeNull()
    expect(await finish(state, { first_pet, stuffed_toy, shoe_size: first_street })).toBeNull()
    expect(await method.enroll?.finish(context, state, { kind: 'code', code: 'x' })).toBeNull()
  })

  it('names each answer that is weak', async () => {
    const answers = { first_pet: 'pet', stuffed_toy: 'ann example', favourite_food: 'Pizza' }
    expect(await finish(begunFor().state, answers)).toEqual({
      weak: { first_pet: 'in_question', stuffed_toy: 'own_name', favourite_food: 'common' },
    })
  })

  it('is not there in the strict profile', () => {
    expect(method.enroll?.begin({ ...context, strict: true }, owner, null)).toBeNull()
  })
})
