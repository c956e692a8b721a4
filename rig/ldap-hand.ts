// What a test does to a directory behind the product's back: as an administrator, by ldapts.
import { Attribute, Change, Client, type Entry } from 'ldapts'

export type Where = { readonly url: string; readonly ca: string; readonly servername?: string }
export type Values = Readonly<Record<string, string | Buffer | readonly string[] | readonly Buffer[]>>

export type LdapHand = {
  add(dn: string, values: Values): Promise<void>
  /** Replaces each attribute; an empty list deletes it. */
  replace(dn: string, values: Values): Promise<void>
  append(dn: string, values: Values): Promise<void>
  /** Every attribute asked for, as text; absent ones are empty lists. Throws code 32 where there is no such entry. */
  read(dn: string, names: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>>
  remove(dn: string): Promise<void>
  rename(dn: string, newDn: string): Promise<void>
  /** Whether a simple bind succeeds; `why` is the server's own text. */
  tryBind(dn: string, password: string): Promise<{ readonly ok: boolean; readonly why: string }>
}

/** One connection per call: nothing stays open, so nothing is left to close. */
export function ldapHand(where: Where, dn: string, password: string): LdapHand {
  const asAdmin = <T>(work: (client: Client) => Promise<T>): Promise<T> =>
    withClient(where, dn, password, work)
  const modify = (operation: 'replace' | 'add', target: string, values: Values): Promise<void> =>
    asAdmin(client => client.modify(target, changesOf(operation, values)))
  return {
    add: (target, values) => asAdmin(client => client.add(target, attributesOf(values))),
    replace: (target, values) => modify('replace', target, values),
    append: (target, values) => modify('add', target, values),
    read: (target, names) => asAdmin(client => readEntry(client, target, names)),
    remove: target => asAdmin(client => client.del(target)),
    rename: (target, newDn) => asAdmin(client => client.modifyDN(target, newDn)),
    tryBind: (who, secret) =>
      withClient(where, who, secret, async () => ({ ok: true, why: '' })).catch((error: unknown) => ({
        ok: false,
        why: error instanceof Error ? error.message : String(error),
      })),
  }
}

/** Binds, works, unbinds. */
export async function withClient<T>(
  where: Where,
  dn: string,
  password: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const tlsOptions = { ca: [where.ca], ...(where.servername ? { servername: where.servername } : {}) }
  const client = new Client({
    url: where.url,
    timeout: 20_000,
    connectTimeout: 10_000,
    ...(where.url.startsWith('ldaps:') ? { tlsOptions } : {}),
  })
  try {
    await client.bind(dn, password)
    return await work(client)
  } finally {
    await client.unbind().catch(() => undefined)
  }
}

async function readEntry(
  client: Client,
  dn: string,
  names: readonly string[],
): Promise<Record<string, string[]>> {
  const found = await client.search(dn, { scope: 'base', attributes: [...names] })
  const entry = found.searchEntries[0]
  return Object.fromEntries(names.map(name => [name, entry ? texts(entry[name]) : []]))
}

const texts = (value: Entry[string] | undefined): string[] =>
  value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String)

const attributesOf = (values: Values): Attribute[] =>
  Object.entries(values).map(([type, value]) => new Attribute({ type, values: listOf(value) }))

const changesOf = (operation: 'replace' | 'add', values: Values): Change[] =>
  attributesOf(values).map(modification => new Change({ operation, modification }))

function listOf(value: Values[string]): string[] | Buffer[] {
  if (typeof value === 'string') return [value]
  if (Buffer.isBuffer(value)) return [value]
  return [...value] as string[] | Buffer[] // as: a list holds one kind only, which the spread forgets
}
