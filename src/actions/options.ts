import type { MethodContext, MethodName } from '../method.ts'
import { completions, type Usable } from '../policy.ts'
import type { Option, Proof, Reset } from '../reset.ts'
import type { Settings } from '../settings.ts'
import type { World } from './world.ts'

/**
 * What the person may choose from before a gate is passed, when the answers are uniform: the organisation's methods,
 * for everybody alike, whatever is registered behind them (ENU-01, decisions 1.2). Ids are made from the login as
 * typed, not from the account: else two spellings with equal ids would tell that both exist.
 */
export function uniformOptions(
  world: World,
  settings: Settings,
  loginSubject: string,
  real: readonly Usable[],
): Option[] {
  return settings.methods.map(method => {
    const behind = real.find(({ enrollment }) => enrollment.method === method)
    const id = optionId(world, loginSubject, method)
    return {
      id,
      method,
      enrollment: behind?.enrollment.id ?? null,
      channel: behind?.channel ?? `none:${id}`,
      source: behind?.enrollment.source ?? 'person',
      hint: null,
    }
  })
}

/** What is truly there, with hints: for a browser that proved this account before, and after the first gate. */
export function trueOptions(world: World, loginSubject: string, real: readonly Usable[]): Option[] {
  const seen = new Set<MethodName>()
  return real.map(({ enrollment, channel }) => {
    const { method } = enrollment
    const first = !seen.has(method)
    seen.add(method)
    const id = optionId(world, loginSubject, first ? method : `${method} ${enrollment.id}`)
    return {
      id,
      method,
      enrollment: enrollment.id,
      channel,
      source: enrollment.source,
      hint: world.methods[method].hint(enrollment.secret),
    }
  })
}

/** What the next gate accepts, after `passed`. */
export const nextOptions = (
  world: World,
  reset: Reset,
  usable: readonly Usable[],
  passed: readonly Proof[],
  gates: number,
): Option[] => trueOptions(world, reset.loginSubject, completions(usable, gates, passed))

const optionId = (world: World, subject: string, name: string): string =>
  world.keys.pseudonym('option', `${subject}\0${name}`)

export const methodContext = (world: World, reference: string): MethodContext => ({
  reference,
  now: world.clock.now(),
  random: world.random,
  keys: world.keys,
  strict: world.profile.name === 'strict',
})
