import { type Authenticated, DirectoryError } from '../../directory.ts'
import { firstUnusable } from '../../password.ts'
import type { Call } from './call.ts'
import { type Builtin, isLocked, keysOf, mustChange, type StoredPerson } from './people.ts'

/** No try is repeated more often where others write the same person. */
const WRITES_MAX = 5

export type Proved =
  | { readonly answer: 'yes' | 'must_change' | 'disabled'; readonly person: StoredPerson }
  | { readonly answer: 'no' | 'locked' }

/**
 * Whether this is the password. Costs one hash whoever is asked for: an id that nobody has, an account that is locked or
 * disabled, an empty password. Wrong ones are counted after the hash and before the answer, so that however many run at
 * once no more than the threshold are judged; a right one forgets them.
 */
export async function prove(builtin: Builtin, id: string, password: string, call: Call): Promise<Proved> {
  const person = await builtin.store.read(people => people.byId(id))
  const right = await builtin.hash.verify(person?.passwordHash ?? '', password, call.signal)
  if (!person || !isProof(password)) return { answer: 'no' }
  if (!right) return { answer: await countWrong(builtin, id) }
  const now = builtin.clock.now()
  const latest = await builtin.store.read(people => people.byId(id))
  if (!latest || latest.passwordChangedAt !== person.passwordChangedAt) return { answer: 'no' }
  if (isLocked(latest, now)) return { answer: 'locked' }
  if (latest.wrongPasswords > 0) await update(builtin, id, unlocked)
  if (latest.status !== 'active') return { answer: 'disabled', person: latest }
  return { answer: mustChange(latest, now) ? 'must_change' : 'yes', person: latest }
}

export async function authenticate(
  builtin: Builtin,
  id: string,
  password: string,
  call: Call,
): Promise<Authenticated> {
  const proved = await prove(builtin, id, password, call)
  if (proved.answer === 'yes' && builtin.hash.isOutdated(proved.person.passwordHash)) {
    const passwordHash = await builtin.hash.hash(password, call.signal)
    const { passwordChangedAt } = proved.person
    await update(builtin, id, person =>
      person.passwordChangedAt === passwordChangedAt ? { ...person, passwordHash } : null,
    )
  }
  return proved.answer
}

/** An empty password proves nothing anywhere, nor does what could not be set (RFC 4513 section 5.1.2). */
const isProof = (password: string): boolean => password !== '' && firstUnusable(password) === null

export const unlocked = (person: StoredPerson): StoredPerson => ({
  ...person,
  wrongPasswords: 0,
  lockedUntil: null,
})

async function countWrong(builtin: Builtin, id: string): Promise<'no' | 'locked'> {
  const { clock, policy } = builtin
  let answer: 'no' | 'locked' = 'no'
  await update(builtin, id, person => {
    const now = clock.now()
    answer = isLocked(person, now) ? 'locked' : 'no'
    if (answer === 'locked' || policy.lockoutThreshold === 0) return null
    // A lock that has ended begins a new count.
    const wrongPasswords = (person.lockedUntil === null ? person.wrongPasswords : 0) + 1
    const locks = wrongPasswords >= policy.lockoutThreshold
    return { ...person, wrongPasswords, lockedUntil: locks ? now + policy.lockoutMs : null }
  })
  return answer
}

/**
 * Changes a person in one transaction, as often as others are faster. `change` gives null where nothing is to be written.
 * False: there is nobody of that id.
 */
export const update = (
  { store, domains }: Builtin,
  id: string,
  change: (person: StoredPerson) => StoredPerson | null,
): Promise<boolean> =>
  store.transact(async people => {
    for (let tries = 0; tries < WRITES_MAX; tries++) {
      const person = await people.byId(id)
      if (!person) return false
      const changed = change(person)
      if (!changed || (await people.update(changed, person.version, keysOf(changed, domains)))) return true
    }
    throw new DirectoryError('others kept writing the same person', false)
  })
