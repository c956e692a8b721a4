import { expect, it } from 'vitest'
import { keysOf, ringOf } from '../../rig/keys.ts'
import { createKeys } from '../lib/seal.ts'
import { sampleAgent, sampleInvitation } from './conformance-agents.ts'
import { sampleCampaign, sampleInvited } from './conformance-campaigns.ts'
import {
  keys,
  type LastingPlace,
  now,
  parallel,
  sampleAccount,
  sampleEnrollment,
  sampleNotice,
  samplePerson,
  sampleReset,
} from './conformance-suite.ts'
import type { Store, Tx } from './store.ts'

export function lastingConformance(place: () => LastingPlace): void {
  it('shares everything between two servers: 50 parallel failures on both are 50', async () => {
    await withStores(place(), async (a, b) => {
      await parallel(50, index => (index % 2 ? a : b).transact(tx => tx.limits.add('failures:a', 1, now)))
      expect(await a.read(tx => tx.limits.get('failures:a'))).toEqual({ value: 50, at: now })
      const used = await parallel(32, index =>
        (index % 2 ? a : b).transact(tx => tx.once.use('kind', 'value', now + 1000)),
      )
      expect(used.filter(Boolean).length).toBe(1)
    })
  })

  it('reads the last commit while somebody writes', async () => {
    await withStores(place(), async (a, b) => {
      await a.transact(tx => tx.limits.add('a', 1, now))
      await a.transact(async tx => {
        await tx.limits.add('a', 1, now)
        expect((await a.read(own => own.limits.get('a')))?.value).toBe(1)
        expect((await b.read(other => other.limits.get('a')))?.value).toBe(1)
      })
      expect((await b.read(tx => tx.limits.get('a')))?.value).toBe(2)
    })
  })

  it('holds nothing readable of what it was given, in any of five encodings (STO-02, TOK-03)', async () => {
    const store = await place().open()
    await store.transact(fillWithCanaries)
    const during = await place().bytes()
    await store.close()
    const after = await place().bytes()
    expect(during.includes('subject-of-canary')).toBe(true)
    for (const canary of CANARIES)
      for (const text of encodings(canary)) {
        expect(during.includes(text), `${canary} as ${text}`).toBe(false)
        expect(after.includes(text), `${canary} as ${text}`).toBe(false)
      }
  })

  it.each(SWAPS)(
    'refuses a sealed value that was moved to another row: %s.%s',
    async (table, column, read) => {
      const store = await place().open()
      for (const name of ['1', '2']) await store.transact(tx => fill(tx, name))
      await store.read(read)
      await place().sql(swap(table, column, await place().sql(`select ${column} as sealed from ${table}`)))
      await expect(store.read(read)).rejects.toThrow()
      await store.close()
    },
  )

  it('reads what an older key sealed, seals with the newer, and refuses a foreign ring', async () => {
    const older = await place().open(keys)
    await older.transact(tx => fill(tx, '1'))
    await older.close()
    const ring = [...ringOf('store'), ...ringOf('store', '2026-02-01').filter(({ use }) => use === 'seal')]
    const newer = await place().open(createKeys(ring))
    expect(await newer.read(tx => tx.people.byId('id of 1'))).toEqual(samplePerson('1'))
    await newer.transact(tx => fill(tx, '2'))
    await newer.close()
    const sealed = await place().sql('select person from people order by id')
    expect(sealed.map(({ person }) => String(person).split('.')[0])).toEqual([
      'seal-2026-01-01',
      'seal-2026-02-01',
    ])
    await expect(place().open(keysOf('another deployment'))).rejects.toThrow('key file')
    const retired = ring.filter(({ id }) => id !== 'seal-2026-01-01')
    const store = await place().open(createKeys(retired))
    await expect(store.read(tx => tx.people.byId('id of 1'))).rejects.toThrow()
    await store.close()
  })

  it('never uses a nonce twice under one key (STO-07)', async () => {
    const store = await place().open()
    await store.transact(async tx => {
      for (let left = 2000; left > 0; left -= 1) await tx.audit({ ...event, real: false })
    })
    await store.close()
    const sealed = await place().sql('select person from audit')
    const salts = sealed.map(({ person }) =>
      Buffer.from(String(person).split('.')[1] ?? '', 'base64url').toString('hex', 0, 28),
    )
    expect(new Set(salts).size).toBe(2000)
  })

  it('loses a person from the audit with the key of that account, and nothing else (decisions 7.8)', async () => {
    const store = await place().open()
    await store.transact(async tx => {
      await tx.audit({ ...event, subject: 'one' })
      await tx.audit({ ...event, subject: 'two' })
      await tx.audit({ ...event, subject: 'nobody', real: false })
    })
    expect((await place().sql('select subject from account_keys')).length).toBe(2)
    await place().sql(`delete from account_keys where subject = 'one'`)
    expect(await store.read(tx => tx.auditRecords(0, 9))).toMatchObject([
      ...[{ subject: 'one', person: null, erased: true }],
      ...['two', 'nobody'].map(subject => ({ subject, person: event.person, erased: false })),
    ])
    await store.close()
  })

  it('refuses a schema that is newer or older than its own', async () => {
    await (await place().open()).close()
    await place().sql(`insert into migrations (number, name, applied_at) values (99, 'future', 0)`)
    await expect(place().open()).rejects.toThrow('newer release')
  })
}

async function withStores(place: LastingPlace, work: (a: Store, b: Store) => Promise<void>): Promise<void> {
  const [a, b] = [await place.open(), await place.open()]
  try {
    await work(a, b)
  } finally {
    await a.close()
    await b.close()
  }
}

const event = {
  ...({ name: 'reset.started', actor: 'person', result: 'ok', subject: 's', reset: 'r' } as const),
  person: { login: 'canary-login', source: '192.0.2.77', browser: 'canary-browser' },
}

/** One row in every table that holds sealed values. */
async function fill(tx: Tx, name: string): Promise<void> {
  await tx.campaigns.add('first', sampleInvited(name))
  await tx.resets.insert(sampleReset({ id: `reset ${name}` }), 'digest')
  await tx.enrollments.insert('s', sampleEnrollment({ id: `enrollment ${name}`, secret: `secret ${name}` }))
  await tx.outbox.add({ kind: 'reset_required', displayName: name }, null, now + 9000, now)
  await tx.people.insert(samplePerson(name), [name])
  await tx.notices.insert(`digest ${name}`, sampleNotice({ id: `notice ${name}` }))
  await tx.notices.hold('s', { until: now + 9000, channels: [name], methods: [] }, now)
  await tx.audit({ ...event, subject: 'same', object: name })
  if (name === '1') await tx.audit({ ...event, subject: 'another' })
  await tx.settings.save(Number(name) - 1, { name }, now)
  await tx.agents.insert(sampleAgent({ name }))
  await tx.agentInvitations.issue(sampleInvitation({ name, id: name }))
  await tx.agentKeys.insert({ id: name, createdAt: now, secret: name })
}

/** The first value and the last change places. */
function swap(table: string, column: string, rows: Record<string, unknown>[]): string {
  const [first, second] = [rows[0], rows.at(-1)].map(row => `'${row?.['sealed']}'`)
  return `update ${table} set ${column} = case ${column} when ${first} then ${second} else ${first} end
    where ${column} in (${first}, ${second})`
}

const both = async (read: (name: string) => Promise<unknown>): Promise<void> => {
  for (const name of ['1', '2']) await read(name)
}
const SWAPS: [string, string, (tx: Tx) => Promise<unknown>][] = [
  ['resets', 'reset', tx => both(name => tx.resets.lock(`reset ${name}`))],
  ['enrollments', 'secret', tx => tx.enrollments.of('s')],
  ['enrollments', 'details', tx => tx.enrollments.of('s')],
  ['people', 'person', tx => both(name => tx.people.byId(`id of ${name}`))],
  ['notices', 'notice', tx => both(name => tx.notices.byDigests([`digest ${name}`]))],
  ['holds', 'hold', tx => tx.notices.holdOf('s', now)],
  ['audit', 'person', tx => tx.auditRecords(0, 9)],
  ['account_keys', 'key', tx => tx.auditRecords(0, 9)],
  ['settings', 'document', tx => tx.settings.current()],
  ['agents', 'agent', tx => tx.agents.list()],
  ['agent_invitations', 'invitation', tx => both(name => tx.agentInvitations.get(name))],
  ['agent_keys', 'keys', tx => tx.agentKeys.list()],
  ['campaign_people', 'person', tx => tx.campaigns.list('first', '', 9)],
]

export const CANARIES = [
  'canary-login',
  '192.0.2.77',
  'canary-browser',
  '735193',
  'canary-mail@example.org',
  'canary seed/+',
]

export async function fillWithCanaries(tx: Tx): Promise<void> {
  const [login = '', source = '', browser = '', code = '', to = '', secret = ''] = CANARIES
  const account = { ...sampleAccount(login), mail: [to] }
  await tx.resets.insert(sampleReset({ account, login, source, browser, subject: 'subject-of-canary' }), 'd')
  await tx.resets.live('subject-of-canary', source)
  await tx.enrollments.insert('s', sampleEnrollment({ account: { directory: 'd', id: login }, secret }))
  await tx.outbox.add(
    { kind: 'code', code, expiresAt: now, reference: 'r' },
    { channel: 'mail', to, locale: 'en' },
    ...[now + 9000, now],
  )
  await tx.outbox.add({ kind: 'reset_required', displayName: login }, null, now + 9000, now - 1)
  const [letter] = await tx.outbox.claim(now, 1000, 1)
  await tx.outbox.dead(letter?.id ?? '', now, `550 ${to} is unknown`)
  await tx.people.insert({ ...samplePerson('x'), login, mail: [to], passwordHash: secret }, [login, to])
  await tx.notices.insert('t', sampleNotice({ login, address: to, channels: [`mail:${to}`] }))
  await tx.notices.hold('s', { until: now + 9000, channels: [`mail:${to}`], methods: [] }, now)
  await tx.campaigns.begin(sampleCampaign({ cursor: { directory: 'd', page: login } }))
  await tx.campaigns.add('first', { ...sampleInvited(login), subject: 'subject-of-canary' })
  await tx.once.use('ticket', secret, now + 9000)
  await tx.settings.save(0, { notify: [to], password: secret }, now)
  await tx.agentInvitations.issue(sampleInvitation({ key: secret }))
  await tx.agentKeys.insert({ id: 'k', createdAt: now, secret })
  await tx.audit(event)
  await tx.audit({ ...event, real: false })
}

/** Plain, base64 (at each of the three offsets, without its unsteady ends), hex, UTF-16LE, URL-encoded. */
export function encodings(text: string): Buffer[] {
  const base64 = ['', 'x', 'xx'].map((before, shift) =>
    Buffer.from(before + text)
      .toString('base64')
      .slice(shift ? 4 : 0, -4),
  )
  const texts = [text, ...base64, Buffer.from(text).toString('hex'), encodeURIComponent(text)]
  return [...texts.map(each => Buffer.from(each)), Buffer.from(text, 'utf16le')]
}
