import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keysOf } from '../../rig/keys.ts'
import type { Keys } from '../lib/seal.ts'
import { sampleAgent, sampleInvitation } from './conformance-agents.ts'
import { sampleCampaign, sampleInvited } from './conformance-campaigns.ts'
import { CANARIES, encodings, fillWithCanaries } from './conformance-lasting.ts'
import {
  type LastingPlace,
  now,
  parallel,
  sampleEnrollment,
  sampleNotice,
  samplePerson,
  sampleReset,
} from './conformance-suite.ts'
import type { Restored } from './restore.ts'
import { BACKED_UP } from './restored-rows.ts'
import type { Store } from './store.ts'

export type RestorePlace = Pick<LastingPlace, 'open' | 'remove' | 'sql'> & {
  /** For backups, and nothing else. */
  readonly folder: string
  backup(target: string): Promise<void>
  restore(source: string, keys?: Keys): Promise<Restored>
  /** A backup as anybody can read it, whatever packs it. */
  unpacked(source: string): Buffer
}

const reset = sampleReset()
const enrollment = sampleEnrollment()
const notice = sampleNotice()
const alice = samplePerson('alice')
const event = { actor: 'person', result: 'ok', subject: 's', person: { login: 'alice' } } as const

const fill = (store: Store): Promise<void> =>
  store.transact(async tx => {
    await tx.people.insert(alice, ['alice'])
    await tx.resets.insert(reset, 'digest')
    await tx.enrollments.insert('s', enrollment)
    await tx.passes.issue({ subject: 's', reference: 'r', expiresAt: now + 9000 }, 'digest')
    await tx.notices.insert('token', notice)
    await tx.reviews.reviewed('s', now)
    await tx.campaigns.begin(sampleCampaign())
    await tx.campaigns.add('first', sampleInvited('alice'))
    await tx.limits.add('failures:a', 7, now)
    await tx.once.use('ticket', 'before', now + 9000)
    await tx.outbox.add({ kind: 'code', code: '1', expiresAt: now, reference: 'r' }, null, now + 9000, now)
    await tx.outbox.add({ kind: 'reset_required', displayName: 'x' }, null, now + 9000, now)
    await tx.settings.save(0, { gates: 1 }, now)
    await tx.audit({
      ...event,
      name: 'reset.started',
      object: 'tab\tline\nback\\slash \u2028 ü',
      reason: '\\N',
    })
  })

/** What a backup and its restore must do on every engine; `store` is a server that goes on meanwhile. */
export function restoreConformance(name: string, fresh: () => Promise<RestorePlace>): void {
  describe(`backup and restore on ${name}`, () => {
    let place: RestorePlace
    let store: Store
    let source: string
    beforeEach(async () => {
      place = await fresh()
      store = await place.open()
      source = join(place.folder, 'backup')
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    it('copies a database in use, for its owner alone, and never over a file', async () => {
      await fill(store)
      await place.backup(source)
      expect(statSync(source).mode & 0o777).toBe(0o600)
      await expect(place.backup(source)).rejects.toThrow('exists already')
      expect(readdirSync(place.folder)).toEqual(['backup'])
    })

    it('copies one moment, while a server commits', async () => {
      let busy = true
      const server = writePairs(store, () => busy)
      while (((await store.read(tx => tx.limits.get('left')))?.value ?? 0) < 20) await pause(1)
      await place.backup(source)
      busy = false
      expect(await server).toBeGreaterThan(20)
      const other = await fresh()
      await other.restore(source)
      const copy = await other.open()
      const [left, right] = await parallel(2, index =>
        copy.read(tx => tx.limits.get(index === 0 ? 'left' : 'right')),
      )
      expect(left?.value).toBeGreaterThanOrEqual(20)
      expect(left).toEqual(right)
      await copy.close()
      await other.remove()
    })

    it('brings back what was lost while a server goes on, and nothing that was open works again (DRR-02)', async () => {
      await fill(store)
      await place.backup(source)
      await store.transact(tx => tx.people.remove(alice.id))
      const later = sampleReset()
      await store.transact(tx => tx.resets.insert(later, 'later'))
      expect(await place.restore(source)).toEqual({ resets: 1, codes: 1, letters: 1, carriedOver: true })
      expect(await store.read(tx => tx.people.byKeys(['alice']))).toEqual([alice])
      expect(await store.read(tx => tx.resets.lock(reset.id))).toBeNull()
      expect(await store.read(tx => tx.resets.lock(later.id))).toBeNull()
      expect(await store.transact(tx => tx.outbox.claim(now, 1000, 9))).toEqual([])
      expect(await store.read(tx => tx.outbox.counts(now))).toMatchObject({ waiting: 0, dead: 1 })
      expect(await store.transact(tx => tx.notices.use(notice.id, now))).toBe(false)
      expect(await store.transact(tx => tx.passes.use('s', ['digest'], now))).toBe(false)
      expect(await store.transact(tx => tx.once.use('ticket', 'before', now + 9000))).toBe(false)
      // Whom it mailed since the backup may not be known: somebody looks before it goes on.
      expect(await store.read(tx => tx.campaigns.current())).toMatchObject({ id: 'first', state: 'paused' })
      expect(await store.read(tx => tx.reviews.of('s'))).toMatchObject({ reviewedAt: now })
      expect(await store.read(tx => tx.settings.current())).toMatchObject({ version: 1 })
      expect(readdirSync(place.folder)).toEqual(['backup'])
    })

    it('forgets nothing that was counted, used up or recorded since the backup (INV-4, INV-5)', async () => {
      const hold = { until: now + 9000, channels: [], methods: [] }
      await fill(store)
      await store.transact(tx => tx.notices.hold('lifted since', hold, now))
      await place.backup(source)
      await store.transact(async tx => {
        await tx.limits.add('failures:a', 1, now + 1)
        await tx.limits.add('failures:b', 1, now)
        await tx.once.use('ticket', 'after', now + 9000)
        await tx.enrollments.advance(enrollment.id, 1, { secret: 'used', usedAt: now })
        await tx.notices.hold('s', hold, now)
        await tx.notices.lift('lifted since')
        await tx.campaigns.add('first', sampleInvited('bob'))
        await tx.audit({ ...event, name: 'reset.written', subject: 'new' })
      })
      await place.restore(source)
      expect(await store.transact(tx => tx.campaigns.add('first', sampleInvited('bob')))).toBe(false)
      expect(await store.read(tx => tx.limits.get('failures:a'))).toEqual({ value: 8, at: now + 1 })
      expect(await store.read(tx => tx.limits.get('failures:b'))).toEqual({ value: 1, at: now })
      expect(await store.transact(tx => tx.once.use('ticket', 'after', now + 9000))).toBe(false)
      const used = { secret: 'used', version: 2 }
      expect(await store.read(tx => tx.enrollments.get(enrollment.id))).toMatchObject(used)
      expect(await store.read(tx => tx.notices.holdOf('s', now))).not.toBeNull()
      expect(await store.read(tx => tx.notices.holdOf('lifted since', now))).toBeNull()
      await store.transact(tx => tx.audit({ ...event, name: 'backup.restored', subject: 'new' }))
      const records = await store.read(tx => tx.auditRecords(0, 9))
      expect(records.map(({ name }) => name)).toEqual(['reset.started', 'reset.written', 'backup.restored'])
      expect(records.map(({ person }) => person)).toEqual(Array(3).fill(event.person))
    })

    it('revives no agent that was revoked, no key that was rolled, no invitation (INV-4)', async () => {
      const [agent, later] = [sampleAgent(), sampleAgent({ name: 'later' })]
      const keys = { id: 'older', createdAt: now, secret: 'a secret' }
      await store.transact(async tx => {
        await tx.agents.insert(agent)
        await tx.agentInvitations.issue(sampleInvitation({ id: 'invited' }))
        await tx.agentKeys.insert(keys)
      })
      await place.backup(source)
      const revoked = { ...agent, status: 'revoked' as const, revokedAt: now }
      await store.transact(async tx => {
        await tx.agents.save(revoked)
        await tx.agents.insert(later)
        await tx.agentKeys.insert({ ...keys, id: 'newer' })
      })
      await place.restore(source)
      expect(await store.read(tx => tx.agents.list())).toEqual([revoked])
      expect((await store.read(tx => tx.agentKeys.list())).map(({ id }) => id)).toEqual(['newer', 'older'])
      expect(await store.read(tx => tx.agentInvitations.get('invited'))).toBeNull()
    })

    it('never lowers a counter below that of the backup', async () => {
      await store.transact(tx => tx.limits.add('failures:a', 7, now))
      await place.backup(source)
      await store.transact(tx => tx.limits.clear('failures:a'))
      await store.transact(tx => tx.limits.add('failures:a', 1, now - 5))
      await place.restore(source)
      expect(await store.read(tx => tx.limits.get('failures:a'))).toEqual({ value: 7, at: now })
    })

    it('fills a place where nothing is, to the letter', async () => {
      await fill(store)
      await place.backup(source)
      const other = await fresh()
      expect(await other.restore(source)).toMatchObject({ carriedOver: false })
      const copy = await other.open()
      const records = (from: Store) => from.read(tx => tx.auditRecords(0, 9))
      expect(await records(copy)).toEqual(await records(store))
      expect((await copy.read(tx => tx.limits.get('failures:a')))?.value).toBe(7)
      expect(await copy.read(tx => tx.people.byKeys(['alice']))).toEqual([alice])
      await copy.transact(tx => tx.audit({ ...event, name: 'backup.restored' }))
      await copy.close()
      await other.remove()
    })

    it('refuses other keys, a newer release and a damaged file, and changes nothing', async () => {
      await fill(store)
      await place.backup(source)
      const before = await everything(place)
      await expect(place.restore(source, keysOf('another'))).rejects.toThrow('key file')
      const foreign = await fresh()
      await (await foreign.open(keysOf('another'))).close()
      await expect(foreign.restore(source)).rejects.toThrow('another key file')
      await foreign.remove()
      const newer = join(place.folder, 'newer')
      await place.sql(`insert into migrations (number, name, applied_at) values (99, 'future', 0)`)
      await place.backup(newer)
      await place.sql('delete from migrations where number = 99')
      await expect(place.restore(newer)).rejects.toThrow('newer release')
      for (const damage of [cutShort, overwrittenWithin, rubbish]) {
        const damaged = join(place.folder, damage.name)
        writeFileSync(damaged, readFileSync(source))
        damage(damaged)
        await expect(place.restore(damaged), damage.name).rejects.toThrow()
      }
      await expect(place.restore(join(place.folder, 'none'))).rejects.toThrow('no backup at')
      expect((await store.read(tx => tx.resets.lock(reset.id)))?.reset).toEqual(reset)
      expect(await store.read(tx => tx.outbox.counts(now))).toMatchObject({ waiting: 2 })
      expect(await everything(place)).toEqual(before)
    })

    it('holds no secret in any of five encodings (INV-6)', async () => {
      await store.transact(fillWithCanaries)
      await place.backup(source)
      const text = place.unpacked(source)
      expect(text.includes('subject-of-canary')).toBe(true)
      for (const canary of CANARIES)
        for (const form of encodings(canary)) {
          expect(text.includes(form), `${canary} as ${form}`).toBe(false)
          expect(readFileSync(source).includes(form), `${canary} as ${form}`).toBe(false)
        }
    })
  })
}

/** Every row of every table. */
async function everything(place: RestorePlace): Promise<unknown[]> {
  const found: unknown[] = []
  for (const table of BACKED_UP) found.push(table, await place.sql(`select * from ${table} order by 1, 2`))
  return found
}

/** Raises two counters together, again and again; says how often. */
async function writePairs(store: Store, busy: () => boolean): Promise<number> {
  let times = 0
  for (; busy(); times += 1)
    await store.transact(async tx => {
      await tx.limits.add('left', 1, now)
      await tx.limits.add('right', 1, now)
    })
  return times
}

function cutShort(file: string): void {
  truncateSync(file, Math.floor(statSync(file).size * 0.7))
}

function overwrittenWithin(file: string): void {
  const bytes = readFileSync(file)
  bytes.fill(0x55, Math.floor(bytes.length / 3), Math.floor(bytes.length * 0.6))
  writeFileSync(file, bytes)
}

function rubbish(file: string): void {
  writeFileSync(file, 'rubbish '.repeat(999))
}
