import { linesOf, type ProgramPlace } from './postgres-programs.ts'

/** A row of a backup: the text of each column by its name. */
export type DumpedRow = Readonly<Record<string, string | null>>
export type DumpedRows = { readonly table: string; readonly rows: readonly DumpedRow[] }

/** About as many bytes of rows are handed on at once. */
const BATCH_BYTES = 500_000

/**
 * The rows of a backup, table by table; a table without any comes once, too. pg_restore writes them out as COPY text
 * (PostgreSQL 15, COPY, "Text Format"), and nothing of the file is ever run as SQL. Throws where the file is damaged or
 * is none of pg_dump.
 */
export async function* dumpedRows(
  source: string,
  place: ProgramPlace,
  tables: readonly string[] = [],
): AsyncGenerator<DumpedRows> {
  const chosen = tables.map(table => `--table=${table}`)
  try {
    yield* rowsIn(linesOf('pg_restore', ['--data-only', '--file=-', ...chosen, '--', source], place))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${source} is damaged, or no backup of this kind of database (${why}).`, { cause })
  }
}

async function* rowsIn(lines: AsyncIterable<string>): AsyncGenerator<DumpedRows> {
  let copy: Copy | null = null
  for await (const line of lines) {
    if (copy === null) copy = beginning(line)
    else if (line === END) {
      yield copy
      copy = null
    } else {
      copy.rows.push(rowOf(copy, line))
      copy.bytes += line.length
      if (copy.bytes < BATCH_BYTES) continue
      yield copy
      copy = begin(copy.table, copy.columns)
    }
  }
}

const END = '\\.'

type Copy = {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: DumpedRow[]
  bytes: number
}

const begin = (table: string, columns: readonly string[]): Copy => ({ table, columns, rows: [], bytes: 0 })

function beginning(line: string): Copy | null {
  const [, table, columns] = /^COPY (?:.+\.)?"?(\w+)"? \((.+)\) FROM stdin;$/.exec(line) ?? []
  return table && columns ? begin(table, columns.replaceAll('"', '').split(', ')) : null
}

const rowOf = ({ columns }: Copy, line: string): DumpedRow => {
  const fields = line.split('\t')
  return Object.fromEntries(columns.map((column, at) => [column, plain(fields[at] ?? NULL)]))
}

const NULL = '\\N'
const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

const plain = (field: string): string | null =>
  field === NULL ? null : field.replace(/\\(.)/gs, (_, letter: string) => ESCAPED[letter] ?? letter)
