import { type MethodContext, type MethodName, TRAITS } from '../method.ts'
import { completions, type Usable } from '../policy.ts'
import type { Behind, Option, Proof, Reset } from '../reset.ts'
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
  return settings.methods.filter(isFirst).map(method => {
    const [behind, ...more] = real.filter(({ enrollment }) => enrollment.method === method)
    const id = optionId(world, loginSubject, method)
    return {
      id,
      method,
      enrollment: behind?.enrollment.id ?? null,
      channel: behind?.channel ?? `none:${id}`,
      source: behind?.enrollment.source ?? 'person',
      hint: null,
      ...(behind?.decides === false ? { decides: behind.decides } : {}),
      ...alsoBehind(world, more),
    }
  })
}

/** Questions are shown to nobody who has not passed another gate, nor is that there are any (KBQ-05). */
const isFirst = (method: MethodName): boolean => !TRAITS[method].onlyBeside

/** What is truly there, with hints: for a browser that proved this account before, and after the first gate. */
export function trueOptions(world: World, loginSubject: string, real: readonly Usable[]): Option[] {
  const seen = new Set<MethodName>()
  const shown = real.filter(one => !isFolded(world, one) || one === firstOf(real, one))
  return shown.map(({ enrollment, channel, decides }) => {
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
      ...(decides === false ? { decides } : {}),
      ...alsoBehind(
        world,
        first ? real.filter(one => one.enrollment !== enrollment && one.enrollment.method === method) : [],
      ),
    }
  })
}

/** Where the request names no enrollment, one option stands for all of its method. */
const isFolded = (world: World, { enrollment }: Usable): boolean =>
  world.methods[enrollment.method].isNamed !== undefined

const firstOf = (real: readonly Usable[], { enrollment: { method } }: Usable): Usable | undefined =>
  real.find(({ enrollment }) => enrollment.method === method)

function alsoBehind(world: World, more: readonly Usable[]): Pick<Option, 'others'> {
  const others = more.filter(one => isFolded(world, one)).map(behindOf)
  return others.length > 0 ? { others } : {}
}

const behindOf = ({ enrollment, channel, decides }: Usable): Behind => ({
  enrollment: enrollment.id,
  channel,
  source: enrollment.source,
  ...(decides === false ? { decides } : {}),
})

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

/** `settings` where something is begun: what was begun keeps to them. */
export const methodContext = (world: World, reference: string, settings?: Settings): MethodContext => ({
  reference,
  ...(settings ? { questions: settings.questions } : {}),
  now: world.clock.now(),
  random: world.random,
  keys: world.keys,
  strict: world.profile.name === 'strict',
})
