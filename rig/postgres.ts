// One real PostgreSQL per test file; every test takes a database of its own.
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Child, freePortPair, run, startChild, tempFolder } from './child.ts'

export type Postgres = {
  /** postgres:// of the maintenance database; the role is a superuser. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Makes an empty database and gives its postgres:// address. */
  freshDatabase(): Promise<string>
  log(): string
  signal(name: NodeJS.Signals): void
  /** Kills the server with all its connections (SIGQUIT: no checkpoint, no farewell), as `kill -9` of all would. */
  crash(): Promise<void>
  /** Starts it again after a crash, on the same port and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** `durable`: with fsync, as in production; without it the server is twice as fast and forgets on a power failure. */
export async function startPostgres(options: { readonly durable?: boolean } = {}): Promise<Postgres> {
  const folder = tempFolder('postgres')
  const password = randomBytes(12).toString('hex')
  const data = makeCluster(folder.path, password)
  const port = await freePortPair()
  const start = async (): Promise<Child> => {
    const args = ['-D', data, ...settings(port, folder.path, options.durable)]
    const started = startChild(join(programs(), 'postgres'), args, { deathSignal: 'INT', ...runAs() })
    await started.wrote(/ready to accept connections/)
    return started
  }
  let child = await start()
  const address = (database: string): string => `postgres://postern:${password}@127.0.0.1:${port}/${database}`
  let made = 0
  return {
    url: address('postgres'),
    port,
    get pid() {
      return child.pid
    },
    freshDatabase: async () => {
      made += 1
      await query(address('postgres'), `create database test_${made} template template0`)
      return address(`test_${made}`)
    },
    log: () => child.log(),
    signal: name => child.signal(name),
    crash: () => child.stop('SIGQUIT'),
    restart: async () => {
      child = await start()
    },
    stop: async () => {
      await child.stop('SIGINT')
      folder.remove()
    },
  }
}

const isRoot = (): boolean => userInfo().uid === 0

/** initdb and postgres refuse to run as root. */
const runAs = (): { as?: string } => (isRoot() ? { as: 'postgres' } : {})

function programs(): string {
  const versions = '/usr/lib/postgresql'
  const newest = existsSync(versions)
    ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0]
    : undefined
  if (!newest)
    throw new Error('PostgreSQL is not installed: run npm test as root once, or install postgresql-15')
  return join(versions, newest, 'bin')
}

function makeCluster(folder: string, password: string): string {
  const data = join(folder, 'data')
  const secret = join(folder, 'password')
  writeFileSync(secret, password)
  if (isRoot()) run('chown', ['-R', 'postgres:postgres', folder])
  chmodSync(secret, 0o600)
  const identity = isRoot() ? ['--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'] : ['--nnp']
  run('setpriv', [
    ...identity,
    join(programs(), 'initdb'),
    ...['-D', data, '-U', 'postern', '-A', 'scram-sha-256', '--pwfile', secret],
    ...['--no-locale', '-E', 'UTF8', '--no-sync', '--no-instructions', '--wal-segsize=1'],
  ])
  return data
}

const settings = (port: number, folder: string, durable = false): string[] =>
  Object.entries({
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    shared_buffers: '32MB',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])

/** One statement on a connection of its own. */
export async function query(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(statement)
  } finally {
    await client.end()
  }
}
