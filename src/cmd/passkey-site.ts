import type { World } from '../actions/world.ts'
import type { Finding } from '../directory.ts'
import { AppError } from '../errors.ts'
import { rpIdOf } from '../methods/passkey.ts'
import type { Deployment } from './config-types.ts'

type Site = Pick<Deployment, 'passkeys'>

/** The domain that registered passkeys belong to; null where none is registered. All belong to one, or `serve` never ran. */
async function registeredRpId({ store }: Pick<World, 'store'>): Promise<string | null> {
  const passkey = await store.read(tx => tx.enrollments.anyOf('passkey'))
  return passkey && rpIdOf(passkey.secret)
}

const otherDomain = (registered: string, { passkeys }: Site): string =>
  `Passkeys are registered for ${registered}, and passkeys.rp_id is ${passkeys.rpId}: none of them would work. ` +
  `Set passkeys.rp_id to ${registered}, or remove them first (postern enrollment remove).`

/** Refuses a start that would make every registered passkey useless without a word (decisions 3.6). */
export async function checkPasskeys(world: Pick<World, 'store'>, site: Site): Promise<void> {
  const registered = await registeredRpId(world)
  if (registered !== null && registered !== site.passkeys.rpId)
    throw new AppError('invalid-input', otherDomain(registered, site))
}

export async function passkeyFindings(world: Pick<World, 'store'>, site: Site): Promise<Finding[]> {
  const registered = await registeredRpId(world)
  if (registered !== null && registered !== site.passkeys.rpId)
    return [{ level: 'error', text: otherDomain(registered, site) }]
  const text =
    registered === null
      ? `they will belong to ${site.passkeys.rpId} for ever: passkeys.rp_id cannot change once one is registered.`
      : `they belong to ${registered}; passkeys.rp_id can never change while any is registered.`
  return [{ level: 'ok', text }]
}
