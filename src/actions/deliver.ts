import { deadline, minutes, seconds } from '../lib/clock.ts'
import { Undeliverable } from '../notifier.ts'
import type { Letter } from '../store/store.ts'
import type { World } from './world.ts'

const LEASE_MS = seconds(60)
const SEND_MS = seconds(20)
const BATCH = 10
/** How often a letter of a paused campaign is looked at again. */
const PAUSED_MS = minutes(10)
/** Tried so often, the gaps doubling from 5 s to 10 min, before a letter is given up (INV-10). */
const ATTEMPTS_MAX = 20

/** Hands what is due in the outbox to the providers. Two servers never hold one letter at once. Says how many went. */
export async function deliverDue(world: World): Promise<number> {
  const now = world.clock.now()
  const letters = await world.store.transact(tx => tx.outbox.claim(now, LEASE_MS, BATCH))
  await Promise.all(letters.map(letter => deliver(world, letter)))
  return letters.length
}

async function deliver(world: World, letter: Letter): Promise<void> {
  if (letter.message.kind === 'set_up' && (await isHeldBack(world, letter))) return
  const { address } = letter
  const notifier = address && world.notifiers.find(({ channel }) => channel === address.channel)
  try {
    if (address && notifier) await notifier.send(letter.message, address, deadline(SEND_MS))
    await world.store.transact(tx => tx.outbox.done(letter.id))
  } catch (cause) {
    world.log.warn('a message was not taken', { letter: letter.id, attempts: letter.attempts + 1, cause })
    await keep(world, letter, cause)
  }
}

/** A pause holds for what is on its way too; what a campaign that was stopped still had to say is not said. */
async function isHeldBack(world: World, { id }: Letter): Promise<boolean> {
  return world.store.transact(async tx => {
    const state = (await tx.campaigns.current())?.state
    if (state === 'paused') await tx.outbox.again(id, world.clock.now() + PAUSED_MS, 'paused')
    if (state === 'stopped') await tx.outbox.done(id)
    return state === 'paused' || state === 'stopped'
  })
}

async function keep(world: World, letter: Letter, cause: unknown): Promise<void> {
  const now = world.clock.now()
  const gap = Math.min(seconds(5) * 2 ** letter.attempts, minutes(10))
  const hopeless = (cause instanceof Undeliverable && cause.permanent) || letter.attempts + 1 >= ATTEMPTS_MAX
  const error = cause instanceof Error ? cause.name : 'unknown'
  await world.store.transact(async tx => {
    if (!hopeless) return tx.outbox.again(letter.id, now + gap, error)
    await tx.outbox.dead(letter.id, now, error)
    await tx.audit({
      name: 'message.dead',
      actor: 'server',
      result: 'failed',
      object: letter.id,
      reason: error,
    })
  })
}
