import { type ChildProcess, spawn } from 'node:child_process'
import pg from 'pg'

export type ProgramName = 'pg_dump' | 'pg_restore'

/** Where the programs of PostgreSQL are looked for, and which database they are to use. */
export type ProgramPlace = {
  readonly databaseUrl: string
  /** PATH, HOME and what libpq reads. */
  readonly env: Readonly<Record<string, string | undefined>>
}

const STDERR_MAX = 10_000

/** Throws a sentence where the program is not there, or older than the server it is to talk to. */
export async function checkProgram(name: ProgramName, place: ProgramPlace, server = 0): Promise<void> {
  let text = ''
  for await (const line of linesOf(name, ['--version'], place)) text += line
  const version = Number(/\(PostgreSQL\) (\d+)/.exec(text)?.[1])
  if (!(version < server)) return
  throw new Error(
    `${name} is of version ${version} here, and the server of version ${server}: install the client programs of ` +
      `PostgreSQL ${server} or newer.`,
  )
}

/** Runs a program to its end, its output in an open file. Throws what it complained of. */
export async function runInto(
  opened: number,
  name: ProgramName,
  words: readonly string[],
  place: ProgramPlace,
): Promise<void> {
  const child = spawn(name, words, { env: environmentOf(place), stdio: ['ignore', opened, 'pipe'] })
  await ended(name, child)
}

/** What a program writes, line by line; throws what it complained of once it has ended. */
export async function* linesOf(
  name: ProgramName,
  words: readonly string[],
  place: ProgramPlace,
): AsyncGenerator<string> {
  const child = spawn(name, words, { env: environmentOf(place), stdio: ['ignore', 'pipe', 'pipe'] })
  const end = ended(name, child)
  end.catch(() => {}) // asked for below, unless the reader goes away first
  try {
    let begun = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      const [first = '', ...lines] = String(chunk).split('\n')
      const last = lines.pop()
      if (last === undefined) begun += first
      else {
        yield begun + first
        yield* lines
        begun = last
      }
    }
    if (begun !== '') yield begun
    await end
  } finally {
    child.kill()
  }
}

function ended(name: ProgramName, child: ChildProcess): Promise<void> {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', chunk => {
    complaint = (complaint + chunk).slice(-STDERR_MAX)
  })
  return new Promise((resolve, reject) => {
    child.once('error', cause => reject(new Error(MISSING(name), { cause })))
    child.once('close', code => {
      if (code === 0) resolve()
      else reject(new Error(`${name} could not do it: ${saidBy(name, complaint)}`))
    })
  })
}

const MISSING = (name: ProgramName): string =>
  `${name} is not to be found on PATH. It belongs to the client programs of PostgreSQL ` +
  '(Debian and Ubuntu: postgresql-client), of the same version as the server or newer.'

/** The first line it marked as an error, else all it said. */
function saidBy(name: ProgramName, complaint: string): string {
  const marked = complaint.split('\n').find(line => line.startsWith(`${name}: error: `))
  return (marked?.slice(`${name}: error: `.length) ?? complaint.trim()) || 'it was ended'
}

/**
 * For libpq what the address says to our own driver. The password goes by the environment, which only this user and
 * root can read: as an argument everybody could (STO-04), and a file would stay behind an interrupted command.
 */
export function environmentOf({ databaseUrl, env }: ProgramPlace): Record<string, string | undefined> {
  const client = new pg.Client({ connectionString: databaseUrl })
  const { host, port, user, database, password } = client
  return {
    ...env,
    ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database, PGAPPNAME: 'postern' },
    ...(password ? { PGPASSWORD: password } : {}),
    ...(client.ssl ? tlsOf(client.ssl, new URL(databaseUrl).searchParams) : {}),
    LC_ALL: 'C',
  }
}

/** As strict as our driver read the address; without a named authority both trust those of the system. */
function tlsOf(ssl: unknown, query: URLSearchParams): Record<string, string> {
  const says = (key: string): boolean => typeof ssl === 'object' && ssl !== null && key in ssl
  const files = { PGSSLROOTCERT: 'sslrootcert', PGSSLCERT: 'sslcert', PGSSLKEY: 'sslkey' }
  const named = Object.entries(files).map(([key, name]) => [key, query.get(name)])
  return {
    ...(says('rejectUnauthorized')
      ? { PGSSLMODE: 'require' }
      : { PGSSLMODE: says('checkServerIdentity') ? 'verify-ca' : 'verify-full', PGSSLROOTCERT: 'system' }),
    ...Object.fromEntries(named.filter(([, value]) => value !== null)),
  }
}
