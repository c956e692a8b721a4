// People who hold a passkey, in software.
import { findAccount } from '../src/actions/find-account.ts'
import { subjectOf } from '../src/actions/subject.ts'
import { newId } from '../src/lib/random.ts'
import type { Method, MethodContext, Owner } from '../src/method.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import type { TestWorld } from './world.ts'

export const passkeyOwner = (id: string): Owner => ({
  id,
  login: 'anna',
  displayName: 'Anna Sample',
  organisation: 'Example',
})

/** Registers a passkey as a browser would; the secret that is kept. Throws where it is refused. */
export async function registeredSecret(
  method: Method,
  context: MethodContext,
  owner: Owner,
  authenticator: Authenticator,
  origin: string,
): Promise<string> {
  const begun = await method.enroll?.begin(context, owner, null)
  if (!begun || 'secret' in begun || begun.prompt.kind !== 'passkey') throw new Error('nothing was begun')
  const attestation = authenticator.register(begun.prompt.options, origin)
  const secret = await method.enroll?.finish(context, begun.state, { kind: 'new_passkey', attestation })
  if (typeof secret !== 'string') throw new Error('the passkey was refused')
  return secret
}

/** Gives an account a passkey that counts at once, or after `coolsMs`. */
export async function enrolPasskey(
  world: TestWorld,
  login: string,
  {
    authenticator = createAuthenticator(),
    coolsMs = 0,
  }: { authenticator?: Authenticator; coolsMs?: number } = {},
): Promise<{ readonly authenticator: Authenticator; readonly id: string }> {
  const account = await findAccount(world, login)
  if (!account) throw new Error(`no account ${login}`)
  const subject = subjectOf(world.keys, account.ref)
  const now = world.clock.now()
  const context = { now, random: world.random, keys: world.keys, strict: false, reference: '' }
  const secret = await registeredSecret(
    world.methods.passkey,
    context,
    passkeyOwner(subject),
    authenticator,
    world.passkeySite.origin,
  )
  const id = newId(world.random)
  await world.store.transact(tx =>
    tx.enrollments.insert(subject, {
      ...{ id, account: account.ref, method: 'passkey', secret, source: 'person', attribute: null },
      ...{ confirmedAt: now, usableAt: now + coolsMs, lastUsedAt: null, version: 1 },
    }),
  )
  return { authenticator, id }
}
