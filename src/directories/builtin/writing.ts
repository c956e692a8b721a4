import {
  type Changed,
  DirectoryError,
  type Refusal,
  refusedFor,
  type Written,
  written,
} from '../../directory.ts'
import { countCharacters, firstUnusable } from '../../password.ts'
import type { Call } from './call.ts'
import { type Builtin, expiryFrom, PASSWORD_CHARACTERS_MAX, type StoredPerson } from './people.ts'
import { prove, unlocked, update } from './proving.ts'

type Write = { readonly password: string; readonly unlock: boolean }

export async function setPassword(builtin: Builtin, id: string, write: Write, call: Call): Promise<Written> {
  const person = await builtin.store.read(people => people.byId(id))
  if (person?.status !== 'active') return refusedFor('not_allowed')
  return await put(builtin, person, write, call)
}

/** A right old password forgets the wrong ones before it; no lock is left to end. */
export async function changePassword(
  builtin: Builtin,
  id: string,
  { old, password }: { readonly old: string; readonly password: string },
  call: Call,
): Promise<Changed> {
  const proved = await prove(builtin, id, old, call)
  switch (proved.answer) {
    case 'disabled':
      return refusedFor('not_allowed')
    case 'locked':
      return { ok: false, refusal: 'locked' }
    case 'no': {
      const person = await builtin.store.read(people => people.byId(id))
      return person?.status === 'active' ? { ok: false, refusal: 'wrong_old' } : refusedFor('not_allowed')
    }
    default:
      return await put(builtin, proved.person, { password, unlock: true }, call)
  }
}

export async function unlock(builtin: Builtin, id: string, call: Call): Promise<Written> {
  let active = false
  call.sent = true
  await update(builtin, id, person => {
    active = person.status === 'active'
    return active && (person.lockedUntil !== null || person.wrongPasswords > 0) ? unlocked(person) : null
  })
  return active ? written : refusedFor('not_allowed')
}

/** `person` is as it was read: who was written meanwhile is not written over. */
async function put(
  builtin: Builtin,
  person: StoredPerson,
  { password, unlock }: Write,
  call: Call,
): Promise<Written> {
  const refusal = refusalOf(builtin, password) ?? (await refusalByHistory(builtin, person, password, call))
  if (refusal) return { ok: false, refusal }
  const passwordHash = await builtin.hash.hash(password, call.signal)
  let active = false
  const found = await update(builtin, person.id, latest => {
    call.signal.throwIfAborted()
    active = latest.status === 'active'
    if (!active) return null
    if (latest.passwordChangedAt !== person.passwordChangedAt) {
      throw new DirectoryError('the password was changed in the same moment', false)
    }
    call.sent = true
    const fresh = withPassword(latest, passwordHash, builtin)
    return unlock ? unlocked(fresh) : fresh
  })
  return found && active ? written : refusedFor('not_allowed')
}

function withPassword(person: StoredPerson, passwordHash: string, { policy, clock }: Builtin): StoredPerson {
  const now = clock.now()
  return {
    ...person,
    passwordHash,
    history: [person.passwordHash, ...person.history].slice(0, policy.history),
    mustChange: false,
    // Later than the one before, even within a millisecond or after the clock was set back: it is the mark.
    passwordChangedAt: Math.max(now, person.passwordChangedAt + 1),
    passwordExpiresAt: expiryFrom(now, policy),
  }
}

function refusalOf({ policy }: Builtin, password: string): Refusal | null {
  const place = firstUnusable(password)
  if (place !== null) return { reason: 'not_allowed', value: place }
  const length = countCharacters(password)
  if (length < policy.minLength) return { reason: 'too_short', value: policy.minLength }
  return length > PASSWORD_CHARACTERS_MAX ? { reason: 'too_long', value: PASSWORD_CHARACTERS_MAX } : null
}

/** The present password is never a new one; a directory without history takes it for a reset all the same. */
async function refusalByHistory(
  { hash, policy }: Builtin,
  person: StoredPerson,
  password: string,
  { signal }: Call,
): Promise<Refusal | null> {
  if (policy.history === 0) return null
  if (await hash.verify(person.passwordHash, password, signal)) return { reason: 'same_as_current' }
  for (const former of person.history.slice(0, policy.history)) {
    if (await hash.verify(former, password, signal)) return { reason: 'in_history', value: policy.history }
  }
  return null
}
