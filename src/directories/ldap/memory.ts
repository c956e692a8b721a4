import type { Clock, Instant } from '../../lib/clock.ts'

/** More groups than any directory's people are in at a time; the oldest are forgotten first. */
const ENTRIES_MAX = 20_000

/** What was read a short while ago. For names of groups only: no decision about a password rests on it. */
export type Memory<Value> = {
  readonly get: (key: string) => Value | undefined
  readonly set: (key: string, value: Value) => void
}

export function createMemory<Value>(clock: Clock, lifetimeMs: number): Memory<Value> {
  const kept = new Map<string, { readonly value: Value; readonly until: Instant }>()
  return {
    get: key => {
      const found = kept.get(key)
      return found && found.until > clock.now() ? found.value : undefined
    },
    set: (key, value) => {
      kept.delete(key)
      kept.set(key, { value, until: clock.now() + lifetimeMs })
      const oldest = kept.size > ENTRIES_MAX ? kept.keys().next().value : undefined
      if (oldest !== undefined) kept.delete(oldest)
    },
  }
}
