import { expect, it } from 'vitest'
import { minutes } from '../lib/clock.ts'
import { TRIES_MAX } from '../limit.ts'
import {
  now,
  parallel,
  sampleEnrollment,
  sampleNotice,
  samplePerson,
  sampleReset,
} from './conformance-suite.ts'
import type { Store } from './store.ts'

const trues = (answers: readonly boolean[]): number => answers.filter(Boolean).length

/** What must happen once happens once, however many ask at the same moment. */
export function parallelConformance(store: () => Store): void {
  it('judges at most as many of 50 parallel guesses as a challenge allows (RL-04)', async () => {
    const reset = sampleReset()
    await store().transact(tx => tx.resets.insert(reset, 'digest'))
    const judged = await parallel(50, () =>
      store().transact(async tx => {
        const locked = await tx.resets.lock(reset.id)
        if (!locked || locked.reset.refusals >= TRIES_MAX) return false
        await tx.resets.save({ ...locked.reset, refusals: locked.reset.refusals + 1 })
        return true
      }),
    )
    expect(trues(judged)).toBe(TRIES_MAX)
  })

  it('counts every one of 50 parallel failures, on a counter that was not there before', async () => {
    const seen = await parallel(50, () => store().transact(tx => tx.limits.add('failures:a', 1, now)))
    expect(seen.map(({ value }) => value).sort((a, b) => a - b)).toEqual(
      [...Array(50).keys()].map(n => n + 1),
    )
  })

  it('allows exactly as many of 50 parallel uses as a limit has, on a row that was not there before', async () => {
    const limit = { max: 7, perMs: minutes(10) }
    const decisions = await parallel(50, () =>
      store().transact(tx => tx.limits.spend('starts:a', limit, now)),
    )
    expect(trues(decisions.map(({ allowed }) => allowed))).toBe(7)
    expect(await store().read(tx => tx.limits.get('starts:a'))).toEqual({ value: 7, at: now })
  })

  it('advances a secret for one of 32 who saw the same version (TOK-04)', async () => {
    const enrollment = sampleEnrollment()
    await store().transact(tx => tx.enrollments.insert('s', enrollment))
    const advanced = await parallel(32, index =>
      store().transact(tx =>
        tx.enrollments.advance(enrollment.id, 1, { secret: `by ${index}`, usedAt: now }),
      ),
    )
    expect(trues(advanced)).toBe(1)
    const winner = advanced.indexOf(true)
    expect(await store().read(tx => tx.enrollments.get(enrollment.id))).toEqual({
      ...{ ...enrollment, secret: `by ${winner}`, version: 2, lastUsedAt: now },
    })
  })

  it('lets one of 32 parallel uses through', async () => {
    const used = await parallel(32, () => store().transact(tx => tx.once.use('kind', 'value', now + 1000)))
    expect(trues(used)).toBe(1)
  })

  it('lets one of 32 answer a notice', async () => {
    const notice = sampleNotice()
    await store().transact(tx => tx.notices.insert('digest', notice))
    expect(trues(await parallel(32, () => store().transact(tx => tx.notices.use(notice.id, now))))).toBe(1)
  })

  it('hands no letter out twice', async () => {
    await store().transact(async tx => {
      for (const name of [...Array(40).keys()])
        await tx.outbox.add({ kind: 'reset_required', displayName: `${name}` }, null, now + 9000, now)
    })
    const claims = await parallel(16, () => store().transact(tx => tx.outbox.claim(now, 1000, 5)))
    const ids = claims.flat().map(({ id }) => id)
    expect(ids.length).toBe(40)
    expect(new Set(ids).size).toBe(40)
  })

  it('gives a lease to one holder', async () => {
    const taken = await parallel(16, index =>
      store().transact(tx => tx.leases.take('sealer', `holder ${index}`, now, now + 1000)),
    )
    expect(trues(taken)).toBe(1)
  })

  it('applies settings for one of 16 who saw the same version', async () => {
    const applied = await parallel(16, index => store().transact(tx => tx.settings.save(0, { index }, now)))
    expect(trues(applied)).toBe(1)
    expect(await store().read(tx => tx.settings.current())).toEqual({
      ...{ version: 1, document: { index: applied.indexOf(true) } },
    })
  })

  it('updates a person for one of 16 who saw the same version', async () => {
    const person = samplePerson('alice')
    await store().transact(tx => tx.people.insert(person, ['alice']))
    const updated = await parallel(16, index =>
      store().transact(tx => tx.people.update({ ...person, passwordHash: `by ${index}` }, 1, ['alice'])),
    )
    expect(trues(updated)).toBe(1)
    expect(await store().read(tx => tx.people.byId(person.id))).toMatchObject({
      ...{ version: 2, passwordHash: `by ${updated.indexOf(true)}` },
    })
  })

  it('makes one data key of an account, whoever writes its first record', async () => {
    await parallel(16, index =>
      store().transact(tx =>
        tx.audit({
          ...{ name: 'reset.started', actor: 'person', result: 'ok', subject: 'new', object: `${index}` },
          person: { login: 'alice' },
        }),
      ),
    )
    const records = await store().read(tx => tx.auditRecords(0, 99))
    expect(records.map(({ person }) => person)).toEqual(Array(16).fill({ login: 'alice' }))
  })

  it('lets transactions that lock two rows in opposite order both through', async () => {
    const pair = [sampleReset(), sampleReset()]
    await store().transact(async tx => {
      for (const reset of pair) await tx.resets.insert(reset, 'digest')
    })
    await parallel(2, index =>
      store().transact(async tx => {
        for (const { id } of index % 2 ? pair : pair.toReversed()) {
          const locked = await tx.resets.lock(id)
          if (locked) await tx.resets.save({ ...locked.reset, refusals: locked.reset.refusals + 1 })
        }
      }),
    )
    const saved = await Promise.all(pair.map(({ id }) => store().read(tx => tx.resets.lock(id))))
    expect(saved.map(found => found?.reset.refusals)).toEqual([2, 2])
  })
}
