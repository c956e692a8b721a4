import type { TLSSocket } from 'node:tls'
import { debuglog } from 'node:util'
import {
  Client,
  type Control,
  type Entry as LdaptsEntry,
  PasswordPolicyControl,
  ResultCodeError,
} from 'ldapts'
import { DirectoryError } from '../../directory.ts'
import { type Change, toChanges } from './change.ts'
import { dial, type Host, type Trust } from './dial.ts'
import type { Entry } from './entry.ts'
import type { Filter } from './filter.ts'
import { ROOT_ATTRIBUTES, type RootDse, readRoot } from './root-dse.ts'

/** A last resort; every call also carries its caller's signal. */
const OPERATION_MS = 30_000

/** What a server may spend on one search, in seconds. */
const SEARCH_SECONDS = 5

/**
 * What the server said to one request: a result code of RFC 4511, its own text (for `refusal-*` alone; it never
 * leaves these files), and the error of the password-policy control, where it came.
 */
export type Answer = { readonly code: number; readonly text: string; readonly policyError: number | null }

export type Search = {
  readonly base: string
  readonly scope: 'base' | 'sub'
  readonly filter: Filter
  readonly attributes: readonly string[]
  readonly size: number
}

export type Pager = (signal: AbortSignal) => Promise<readonly Entry[] | null>

/** ldapts writes new passwords to the debug log, and looks at NODE_DEBUG when it is loaded (lab page, 3.3). */
export function refuseDebugLog(): void {
  if (debuglog('ldapts').enabled) throw new Error('NODE_DEBUG=ldapts would print passwords: unset it')
}

/**
 * One TLS connection. It is never opened a second time: after a loss the session would be anonymous. Calls throw
 * DirectoryError where no answer came, `sent` true only where the request may have left us.
 */
export class Connection {
  readonly host: Host
  root: RootDse = readRoot(null)
  /** Searches asked on this connection, so that a look-up that finds nobody can ask as many. */
  searches = 0
  readonly #client: Client
  readonly #socket: TLSSocket

  private constructor(host: Host, socket: TLSSocket) {
    this.host = host
    this.#socket = socket
    this.#client = new Client({
      url: 'ldaps://localhost',
      timeout: OPERATION_MS,
      connectTimeout: OPERATION_MS,
      createSecureConnection: once(socket),
    })
  }

  static async open(host: Host, trust: Trust, signal: AbortSignal): Promise<Connection> {
    return new Connection(host, await dial(host, trust, signal))
  }

  get usable(): boolean {
    return this.#client.isBound && !this.#socket.destroyed
  }

  /** Never with an empty password, which a server takes for an anonymous yes (RFC 4513 section 5.1.2). */
  async bind(dn: string, password: string, signal: AbortSignal): Promise<Answer> {
    if (password === '' || dn === '') throw new DirectoryError('a bind needs a name and a password', false)
    const control = new PasswordPolicyControl()
    return await this.#ask(signal, false, control, () => this.#client.bind(dn, password, control))
  }

  /** Reads the root of the directory once; what the server announces holds as long as the connection. */
  async learn(signal: AbortSignal): Promise<void> {
    const options = { scope: 'base' as const, attributes: [...ROOT_ATTRIBUTES], timeLimit: SEARCH_SECONDS }
    const found = await this.#settle(signal, false, () => this.#client.search('', options))
    this.root = readRoot(found.searchEntries[0] ? toEntry(found.searchEntries[0]) : null)
  }

  /** At most `size` entries; none where the base is gone. References to other servers are not followed. */
  async search(search: Search, signal: AbortSignal, control?: Control): Promise<readonly Entry[]> {
    this.searches++
    try {
      const options = searchOptions(search)
      const found = await this.#settle(signal, false, () =>
        this.#client.search(search.base, options, control),
      )
      return found.searchEntries.slice(0, search.size).map(toEntry)
    } catch (error) {
      const code = resultCode(error)
      if (code === NO_SUCH_OBJECT) return []
      if (code === null) throw error
      throw new DirectoryError(`search ended with code ${code}`, false, error)
    }
  }

  /** Pages of at most `size` entries, each asked for when it is wanted; null after the last. */
  pages(search: Search): Pager {
    const options = { ...searchOptions(search), sizeLimit: 0, paged: { pageSize: search.size } }
    const pages = this.#client.searchPaginated(search.base, options)
    return async signal => {
      this.searches++
      const page = await this.#settle(signal, false, () => pages.next())
      return page.done ? null : page.value.searchEntries.map(toEntry)
    }
  }

  async modify(
    dn: string,
    changes: readonly Change[],
    controls: readonly Control[],
    signal: AbortSignal,
  ): Promise<Answer> {
    this.#mustBeUsable(signal)
    const sent = [...controls]
    return await this.#ask(signal, true, policyControl(sent), () =>
      this.#client.modify(dn, toChanges(changes), sent),
    )
  }

  async exop(oid: string, value: Buffer, controls: readonly Control[], signal: AbortSignal): Promise<Answer> {
    this.#mustBeUsable(signal)
    const sent = [...controls]
    return await this.#ask(signal, true, policyControl(sent), () => this.#client.exop(oid, value, sent))
  }

  close(): void {
    void this.#client.unbind().catch(() => undefined)
    this.#socket.destroy()
  }

  #mustBeUsable(signal: AbortSignal): void {
    if (signal.aborted) throw new DirectoryError('given up before anything was sent', false, signal.reason)
    if (!this.usable) throw new DirectoryError('the connection was lost before anything was sent', false)
  }

  /** An answer with a code is a value; silence is thrown. */
  async #ask(
    signal: AbortSignal,
    writes: boolean,
    control: PasswordPolicyControl | null,
    work: () => Promise<unknown>,
  ): Promise<Answer> {
    const answer = (code: number, text: string): Answer => ({
      code,
      text,
      policyError: control?.value?.error ?? null,
    })
    try {
      await this.#settle(signal, writes, work)
      return answer(0, '')
    } catch (error) {
      const code = resultCode(error)
      if (code === null) throw error
      return answer(code, error instanceof Error ? error.message.replace(/ Code: 0x[0-9a-f]+$/, '') : '')
    }
  }

  /** Ends with the signal, whatever the library does; the connection is then of no more use. */
  #settle<T>(signal: AbortSignal, writes: boolean, work: () => Promise<T>): Promise<T> {
    if (signal.aborted)
      return Promise.reject(new DirectoryError('given up before asking', false, signal.reason))
    return new Promise((resolve, reject) => {
      const lost = (cause: unknown): void =>
        reject(new DirectoryError(`no answer from ${this.host.url}`, writes, cause))
      const aborted = (): void => {
        lost(signal.reason)
        this.#socket.destroy()
      }
      signal.addEventListener('abort', aborted, { once: true })
      work()
        .then(resolve, (error: unknown) => (resultCode(error) === null ? lost(error) : reject(error)))
        .finally(() => signal.removeEventListener('abort', aborted))
    })
  }
}

const NO_SUCH_OBJECT = 32

const resultCode = (error: unknown): number | null => (error instanceof ResultCodeError ? error.code : null)

const policyControl = (controls: readonly Control[]): PasswordPolicyControl | null =>
  controls.find(control => control instanceof PasswordPolicyControl) ?? null

/** ldapts would give those that happen to be UTF-8 as text, without a leading byte-order mark. */
const BINARY = ['objectGUID', 'mS-DS-ConsistencyGuid', 'objectSid', 'tokenGroups', 'nTSecurityDescriptor']

const searchOptions = (search: Search) => ({
  scope: search.scope,
  filter: search.filter,
  attributes: [...search.attributes],
  explicitBufferAttributes: BINARY,
  sizeLimit: search.size,
  timeLimit: SEARCH_SECONDS,
})

/** The second call would come after a loss, where ldapts connects again by itself. */
function once(socket: TLSSocket) {
  let given = false
  const give = (): TLSSocket => {
    if (given) throw new Error('the connection was lost')
    given = true
    return socket
  }
  // as: of the overloads of tls.connect ldapts uses one, and ignores its arguments here.
  return give as typeof import('node:tls').connect
}

function toEntry(found: LdaptsEntry): Entry {
  const values = Object.entries(found)
    .filter(([name]) => name !== 'dn')
    .map(([name, value]) => [name.toLowerCase(), toBytes(value)] as const)
  return { dn: found.dn, values: new Map(values.filter(([, value]) => value.length > 0)) }
}

const toBytes = (value: LdaptsEntry[string]): Buffer[] =>
  (Array.isArray(value) ? value : [value]).map(each => (typeof each === 'string' ? Buffer.from(each) : each))
