import { resolveSrv } from 'node:dns/promises'
import { DirectoryError } from '../../directory.ts'
import { type Clock, type Instant, minutes, seconds } from '../../lib/clock.ts'
import type { LdapConfig, LdapLog } from './config.ts'
import { Connection } from './connection.ts'
import { type Host, parseHost } from './dial.ts'
import { Pool } from './pool.ts'

/** A server that could not be reached is asked last for this long. */
const DOWN_MS = seconds(5)

/** How long the answer to "which servers, and which of them is written" is believed. */
const KNOWN_MS = minutes(5)
const FALLBACK_MS = seconds(15)

/** `primary`: of several writable servers the one to write (the PDC emulator). */
export type Role = 'primary' | 'writable' | 'read-only'

export type SrvRecord = {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

export type ServersOptions = {
  readonly config: LdapConfig
  readonly clock: Clock
  readonly log: LdapLog
  readonly roleOf: (connection: Connection, signal: AbortSignal) => Promise<Role>
  readonly resolve?: ((name: string) => Promise<readonly SrvRecord[]>) | undefined
}

type Server = { readonly host: Host; readonly pool: Pool; downUntil: Instant; readOnlyUntil: Instant }
type Work<T> = (connection: Connection) => Promise<T>

/** The servers of one directory (decisions 4.4): reads fail over; a write goes to one writable server. */
export class Servers {
  readonly #options: ServersOptions
  readonly #servers = new Map<string, Server>()
  #hosts: { readonly list: readonly Server[]; readonly until: Instant } | null = null
  #writer: { readonly server: Server; readonly until: Instant } | null = null

  constructor(options: ServersOptions) {
    this.#options = options
    // A wrong address is found at start.
    for (const host of options.config.hosts) if (!host.startsWith('srv:')) parseHost(host)
    if (options.config.hosts.length === 0) throw new Error(`directory ${options.config.name} has no hosts`)
  }

  /** On the server that is written where it can be reached, so that what is read is compared with itself. */
  async read<T>(signal: AbortSignal, work: Work<T>): Promise<T> {
    return await this.#tryEach(await this.#order(signal), signal, work)
  }

  /** Where the request never left us the next server is tried; after that never. */
  async write<T>(signal: AbortSignal, work: Work<T>): Promise<T> {
    const writable = (await this.#order(signal)).filter(server => !this.#isReadOnly(server))
    return await this.#tryEach(writable, signal, connection => {
      if (!connection.root.readOnly) return work(connection)
      this.cannotWrite(connection)
      throw new DirectoryError(`${connection.host.url} is read-only`, false)
    })
  }

  /** On this server and no other. Null: it is none of ours any more. */
  async at<T>(url: string, signal: AbortSignal, work: Work<T>): Promise<T | null> {
    const server = (await this.#order(signal)).find(each => each.host.url === url)
    return server ? await this.#tryEach([server], signal, work) : null
  }

  /** A connection of its own for a person's bind: it never goes into a pool. `url`: to this server alone. */
  async apart<T>(signal: AbortSignal, url: string | null, work: Work<T>): Promise<T> {
    const servers = (await this.#order(signal)).filter(server => url === null || server.host.url === url)
    return await this.#first(servers, signal, async server => {
      const connection = await this.#reaching(server, signal, () =>
        Connection.open(server.host, this.#options.config, signal),
      )
      try {
        return await work(connection)
      } finally {
        connection.close()
      }
    })
  }

  /** A service connection outside the pool, for whoever closes it. */
  async alone(signal: AbortSignal): Promise<Connection> {
    return await this.#first(await this.#order(signal), signal, server =>
      this.#reaching(server, signal, () => this.#open(server.host, signal)),
    )
  }

  /** It is read-only, or answered a write with a referral: from now on others are written. */
  cannotWrite(connection: Connection): void {
    const server = this.#servers.get(connection.host.url)
    if (server) server.readOnlyUntil = this.#options.clock.now() + KNOWN_MS
    this.#writer = null
  }

  close(): void {
    for (const { pool } of this.#servers.values()) pool.close()
  }

  /** Twice each: the first connection may have been closed by the server while it was idle. */
  async #tryEach<T>(servers: readonly Server[], signal: AbortSignal, work: Work<T>): Promise<T> {
    const twice = servers.flatMap(server => [server, server])
    return await this.#first(twice, signal, server => server.pool.use(signal, work))
  }

  async #first<T>(
    servers: readonly Server[],
    signal: AbortSignal,
    ask: (server: Server) => Promise<T>,
  ): Promise<T> {
    let last: DirectoryError | null = null
    const failed = new Set<Server>()
    for (const server of servers) {
      if (failed.has(server)) continue
      try {
        return await ask(server)
      } catch (error) {
        if (!(error instanceof DirectoryError) || error.sent || signal.aborted) throw error
        if (this.#isDown(server) || this.#isReadOnly(server)) failed.add(server)
        last = error
      }
    }
    throw last ?? new DirectoryError('no server can be asked', false)
  }

  async #order(signal: AbortSignal): Promise<readonly Server[]> {
    const all = await this.#known()
    const writer = all.length > 1 ? await this.#choose(all, signal) : null
    const rest = all.filter(server => server !== writer)
    const order = writer ? [writer, ...rest] : rest
    return [...order.filter(server => !this.#isDown(server)), ...order.filter(server => this.#isDown(server))]
  }

  /** The primary where it can be reached, else the first that can be written. */
  async #choose(all: readonly Server[], signal: AbortSignal): Promise<Server | null> {
    const now = this.#options.clock.now()
    if (this.#writer && this.#writer.until > now && !this.#isDown(this.#writer.server))
      return this.#writer.server
    let writable: Server | null = null
    for (const server of all.filter(each => !this.#isReadOnly(each) && !this.#isDown(each))) {
      const role = await this.#roleOf(server, signal)
      if (role === 'primary') return this.#keep(server, KNOWN_MS)
      if (role === 'writable') writable ??= server
      if (role === 'read-only') server.readOnlyUntil = this.#options.clock.now() + KNOWN_MS
    }
    return writable ? this.#keep(writable, FALLBACK_MS) : null
  }

  #keep(server: Server, ms: number): Server {
    this.#writer = { server, until: this.#options.clock.now() + ms }
    return server
  }

  async #roleOf(server: Server, signal: AbortSignal): Promise<Role | null> {
    try {
      return await server.pool.use(signal, connection => this.#options.roleOf(connection, signal))
    } catch (error) {
      if (signal.aborted || !(error instanceof DirectoryError)) throw error
      return null
    }
  }

  async #known(): Promise<readonly Server[]> {
    const now = this.#options.clock.now()
    if (this.#hosts && this.#hosts.until > now) return this.#hosts.list
    const hosts = (await Promise.all(this.#options.config.hosts.map(host => this.#resolve(host)))).flat()
    const list = hosts.map(host => this.#server(host))
    this.#hosts = { list, until: now + KNOWN_MS }
    return list
  }

  /** RFC 2782, in the order of priority; `_ldaps` means TLS from the first byte, anything else StartTLS. */
  async #resolve(host: string): Promise<readonly Host[]> {
    if (!host.startsWith('srv:')) return [parseHost(host)]
    const name = host.slice('srv:'.length)
    const scheme = name.startsWith('_ldaps.') ? 'ldaps' : 'ldap'
    try {
      const found = await (this.#options.resolve ?? resolveSrv)(name)
      const ordered = found.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight)
      return ordered.map(record => parseHost(`${scheme}://${record.name}:${record.port}`))
    } catch (error) {
      throw new DirectoryError(`no servers under ${name}`, false, error)
    }
  }

  #server(host: Host): Server {
    const known = this.#servers.get(host.url)
    if (known) return known
    const pool = new Pool(signal => this.#reaching(server, signal, () => this.#open(host, signal)))
    const server: Server = { host, pool, downUntil: 0, readOnlyUntil: 0 }
    this.#servers.set(host.url, server)
    return server
  }

  async #reaching(server: Server, signal: AbortSignal, open: () => Promise<Connection>): Promise<Connection> {
    try {
      const connection = await open()
      server.downUntil = 0
      return connection
    } catch (error) {
      // Whoever gave up by themselves says nothing about the server.
      if (signal.aborted) throw error
      server.downUntil = this.#options.clock.now() + DOWN_MS
      this.#options.log('directory_server_down', { server: server.host.url })
      throw error
    }
  }

  /** Bound to the service account, and knowing what the server announces. */
  async #open(host: Host, signal: AbortSignal): Promise<Connection> {
    const { config } = this.#options
    const connection = await Connection.open(host, config, signal)
    try {
      const { code } = await connection.bind(config.bindDn, config.bindPassword, signal)
      if (code !== 0) throw new DirectoryError(`the service account was refused with code ${code}`, false)
      await connection.learn(signal)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  #isReadOnly(server: Server): boolean {
    return server.readOnlyUntil > this.#options.clock.now()
  }

  #isDown(server: Server): boolean {
    return server.downUntil > this.#options.clock.now()
  }
}
