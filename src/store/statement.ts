import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Tables } from './tables.ts'

export type EngineName = 'sqlite' | 'postgres'
export type Value = string | number | null
export type Params = Readonly<Record<string, Value>>
export type Builder = Kysely<Tables>

/** One statement with its values, ready for an engine. `shape` exists for the compiler alone. */
export type Bound<Row> = {
  readonly name: string
  readonly sql: string
  readonly values: Value[]
  /** False where it writes. */
  readonly reads: boolean
  readonly shape?: Row
}

/** A statement of the store: written once, compiled once per engine, run with other values each time. */
export type Statement<P extends Params, Row> = (engine: EngineName, params: P) => Bound<Row>

/** Kysely writes SQL for both engines and runs none of it: building a query costs more than running it. */
export const builders: Readonly<Record<EngineName, Builder>> = {
  sqlite: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: db => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  postgres: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: db => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
}

/**
 * `build` gets stand-ins for the values of `P`: they may be passed wherever Kysely takes a value, and never looked at.
 * What `build` returns is compiled at the first use.
 */
export function statement<P extends Params, Row>(
  build: (db: Builder, params: P, engine: EngineName) => Compilable<Row>,
): Statement<P, Row> {
  const compiled: Partial<Record<EngineName, Compiled>> = {}
  return (engine, params) => {
    compiled[engine] ??= compile(build(builders[engine], standIns<P>(), engine))
    const { name, sql, reads, slots } = compiled[engine]
    return { name, sql, reads, values: slots.map(slot => filled(slot, params)) }
  }
}

/** A statement that Kysely has no words for. */
export const raw = <Row>(db: Builder, query: RawBuilder<unknown>): Compilable<Row> => ({
  compile: () => query.$castTo<Row>().compile(db),
})

type StandIn = { readonly param: string }
type Compiled = Omit<Bound<unknown>, 'values'> & { readonly slots: readonly unknown[] }

let count = 0
function compile(query: Compilable): Compiled {
  const { sql, parameters } = query.compile()
  count += 1
  return { name: `s${count}`, sql, reads: sql.startsWith('select '), slots: parameters }
}

/** as: Kysely carries any value through to `parameters` untouched, so a stand-in may take the place of each. */
const standIns = <P>(): P => new Proxy({}, { get: (_, param): StandIn => ({ param: String(param) }) }) as P

const isStandIn = (slot: unknown): slot is StandIn =>
  typeof slot === 'object' && slot !== null && 'param' in slot

function filled(slot: unknown, params: Params): Value {
  if (!isStandIn(slot)) return slot as Value // as: a constant of the statement itself, written by us
  const value = params[slot.param]
  if (value === undefined) throw new Error(`no value for ${slot.param}`)
  return value
}
