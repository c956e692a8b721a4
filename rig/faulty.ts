// Breaks one call out of many, so that a test can break each in turn (the method of SQLite's own tests): what a store,
// a directory or a mail server does when it fails before it did anything, after it did it, or says nothing at all.
import type { AccountRef } from '../src/account.ts'
import { type Directory, DirectoryError, type Written } from '../src/directory.ts'
import { AppError } from '../src/errors.ts'
import { pause } from '../src/lib/clock.ts'
import { type Notifier, Undeliverable } from '../src/notifier.ts'
import type { Store, Tx } from '../src/store/store.ts'

/** `hang`: no answer before the caller's deadline, and nothing happened. */
export type Fault = 'before' | 'after' | 'hang'
export const FAULTS: readonly Fault[] = ['before', 'after', 'hang']

export type Plan = {
  /** From now on the `n`-th call fails, once; 0: none does. */
  arm(n: number, fault: Fault): void
  /** Calls since `arm`. */
  calls(): number
  /** The call that was broken; null where none was. */
  fired(): string | null
  /** Passes a call on, or breaks it. */
  run<T>(call: Call<T>): Promise<T>
}

type Call<T> = {
  readonly name: string
  readonly work: () => Promise<T>
  /** What a caller gets who is failed; `happened`: the work was done. */
  readonly error: (happened: boolean) => unknown
  /** Ends when the caller's deadline does. */
  readonly silence: () => Promise<unknown>
}

export function faultPlan(): Plan {
  let armed: { n: number; fault: Fault } = { n: 0, fault: 'before' }
  let calls = 0
  let fired: string | null = null
  return {
    arm: (n, fault) => {
      armed = { n, fault }
      calls = 0
      fired = null
    },
    calls: () => calls,
    fired: () => fired,
    async run({ name, work, error, silence }) {
      calls += 1
      if (calls !== armed.n) return work()
      fired = name
      if (armed.fault === 'hang') await silence()
      if (armed.fault === 'after') await work()
      throw error(armed.fault !== 'before')
    },
  }
}

/** Every function of `target` but `close` becomes a call of the plan; what is no function stays. */
function broken<T extends object>(
  target: T,
  plan: Plan,
  around: (method: string, work: () => Promise<unknown>, args: readonly unknown[]) => Call<unknown>,
): T {
  return new Proxy(target, {
    get(_target, key) {
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== 'function' || key === 'close') return member
      return (...args: unknown[]) =>
        plan.run(around(String(key), async () => Reflect.apply(member, target, args), args))
    },
  })
}

const storeDown = (): AppError => new AppError('not-now', 'the store was broken by the test')
const forEver = (): Promise<never> => new Promise(() => undefined)
/** A store that is silent gives up by itself; tests need not wait for that as long as people do. */
const shortSilence = (): Promise<void> => pause(50)

/**
 * Each statement, each transaction and each read is a call. A statement that fails takes its transaction with it; one
 * that hangs is ended by the store's own limit. A transaction that fails `after` was committed, and its answer lost.
 */
export function faultyStore(store: Store, plan: Plan): Store {
  const ending = (name: string, work: () => Promise<unknown>): Call<never> => ({
    name,
    work: work as () => Promise<never>, // as: what comes out is what `work` gives
    error: storeDown,
    silence: shortSilence,
  })
  return {
    ...store,
    transact: work => plan.run(ending('transact', () => store.transact(tx => work(faultyTx(tx, plan))))),
    read: work => plan.run(ending('read', () => store.read(tx => work(faultyTx(tx, plan, shortSilence))))),
  }
}

function faultyTx(tx: Tx, plan: Plan, silence: Call<never>['silence'] = forEver): Tx {
  const table = <T extends object>(name: string, target: T): T =>
    broken(target, plan, (method, work) => ({
      name: `${name}.${method}`,
      work,
      error: storeDown,
      silence,
    }))
  const audit = table('tx', { audit: tx.audit })
  return {
    ...tx,
    resets: table('resets', tx.resets),
    enrollments: table('enrollments', tx.enrollments),
    limits: table('limits', tx.limits),
    outbox: table('outbox', tx.outbox),
    once: table('once', tx.once),
    settings: table('settings', tx.settings),
    notices: table('notices', tx.notices),
    audit: event => audit.audit(event),
  }
}

const WRITES = ['setPassword', 'changePassword', 'unlock']

/** A write that fails `before` never left us. */
export const faultyDirectory = (directory: Directory, plan: Plan): Directory =>
  broken(directory, plan, (method, work, args) => ({
    name: `directory.${method}`,
    work,
    error: happened => new DirectoryError('broken by the test', happened && WRITES.includes(method)),
    silence: () => over(args.at(-1)),
  }))

export const faultyNotifier = (notifier: Notifier, plan: Plan): Notifier =>
  broken(notifier, plan, (method, work, args) => ({
    name: `notifier.${method}`,
    work,
    error: () => new Undeliverable('broken by the test', false),
    silence: () => over(args.at(-1)),
  }))

/** A port must be given a signal that ends; a call without one would hang for ever, and with it the test. */
const over = (signal: unknown): Promise<void> =>
  new Promise(resolve => {
    if (!(signal instanceof AbortSignal)) return
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

export type EffectiveWrite = { readonly ref: AccountRef; readonly password: string; readonly key: string }

/** Keeps what was really written, in order, whatever was said about it. */
export function recordedWrites(directory: Directory): {
  readonly directory: Directory
  readonly writes: readonly EffectiveWrite[]
} {
  const writes: EffectiveWrite[] = []
  const setPassword: Directory['setPassword'] = async (ref, write, signal) => {
    const outcome: Written = await directory.setPassword(ref, write, signal)
    if (outcome.ok) writes.push({ ref, password: write.password, key: write.key })
    return outcome
  }
  const recorded = new Proxy(directory, {
    get: (target, key) => (key === 'setPassword' ? setPassword : Reflect.get(target, key)),
  })
  return { directory: recorded, writes }
}
