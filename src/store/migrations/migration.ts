import type { Compilable } from 'kysely'
import type { Builder, EngineName } from '../statement.ts'

/** One step forward; there is no step back. What a release has shipped is never edited again. */
export type Migration = {
  readonly number: number
  readonly name: string
  readonly steps: (db: Builder, engine: EngineName) => Compilable[]
}
