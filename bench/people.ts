// People of the built-in directory: a visitor with nothing but a password, and others with an app and security questions.
import { subjectOf } from '../src/actions/subject.ts'
import { createPasswordHash } from '../src/directories/builtin/password-hash.ts'
import { keysOf, type StoredPerson } from '../src/directories/builtin/people.ts'
import { deadline, seconds, systemClock } from '../src/lib/clock.ts'
import { createHashQueue } from '../src/lib/hash-queue.ts'
import { newBase32, newId, systemRandom } from '../src/lib/random.ts'
import { createKeys } from '../src/lib/seal.ts'
import { createSecurityQuestions } from '../src/methods/security-questions.ts'
import { openStore } from '../src/store/open.ts'
import { benchRing } from './order.ts'
import { enrolled, enrollment, PASSWORD, SETTINGS } from './prepare.ts'

const keys = createKeys(benchRing())

/** One hash and one set of answers serve them all. */
export async function fillBuiltin(file: string, count: number): Promise<{ login: string; seed: string }[]> {
  const now = systemClock.now()
  const passwordHash = await createPasswordHash(createHashQueue()).hash(PASSWORD, deadline(seconds(30)))
  const questions = await answered()
  const people = Array.from({ length: count }, (_, n) => ({
    login: `q${n}`,
    seed: newBase32(systemRandom, 32),
  }))
  const store = await openStore({ file, keys, clock: systemClock })
  await store.transact(async tx => {
    await tx.settings.save(0, { ...SETTINGS, methods: ['app_code', 'security_questions'] }, now)
    for (const { login, seed } of [{ login: 'visitor', seed: '' }, ...people]) {
      const person = personOf(login, passwordHash)
      const account = { directory: 'builtin', id: person.id }
      await tx.people.insert(person, keysOf(person, []))
      if (seed === '') continue
      const subject = subjectOf(keys, account)
      await tx.enrollments.insert(subject, enrollment(account, 'app_code', { secret: seed }))
      await tx.enrollments.insert(subject, enrolled(account, 'security_questions', questions, now))
    }
  })
  await store.close()
  return people
}

async function answered(): Promise<string> {
  const method = createSecurityQuestions({ queue: createHashQueue(), wordings: () => [] })
  const context = { now: systemClock.now(), random: systemRandom, keys, strict: false, reference: '' }
  const answers = {
    first_pet: 'Räuber Hotzenplotz',
    first_street: 'Am Ælfric Weg',
    childhood_hero: 'Kapitän Blaubär',
  }
  const fields = { login: 'q', method: method.name, answers }
  const secret = await method.hashImport?.(context, fields, { login: 'q', displayName: 'Q' })
  if (!secret) throw new Error('the bench made weak answers')
  return secret
}

const personOf = (login: string, passwordHash: string): StoredPerson => ({
  id: newId(systemRandom),
  login,
  displayName: login,
  passwordHash,
  mail: [],
  recoveryMail: [],
  groups: [],
  locale: null,
  status: 'active',
  administrator: false,
  history: [],
  mustChange: false,
  passwordChangedAt: 0,
  passwordExpiresAt: null,
  wrongPasswords: 0,
  lockedUntil: null,
  version: 1,
})
