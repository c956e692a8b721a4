import { expect, it } from 'vitest'
import { days, hours, minutes } from '../lib/clock.ts'
import { clock, now, sampleEnrollment, sampleNotice, samplePerson } from './conformance-suite.ts'
import type { Letter, Store } from './store.ts'

export function tableConformance(store: () => Store): void {
  enrollmentConformance(store)
  limitConformance(store)
  outboxConformance(store)
  noticeConformance(store)
  peopleConformance(store)

  it('forgets used-up things after their time', async () => {
    await store().transact(tx => tx.once.use('kind', 'value', now + 1000))
    expect(await store().transact(tx => tx.once.use('another kind', 'value', now + 9000))).toBe(true)
    expect(await store().transact(tx => tx.once.prune(now + 1000))).toBe(0)
    expect(await store().transact(tx => tx.once.use('kind', 'value', now + 1000))).toBe(false)
    expect(await store().transact(tx => tx.once.prune(now + 1001))).toBe(1)
    expect(await store().transact(tx => tx.once.use('kind', 'value', now + 9000))).toBe(true)
  })

  it('keeps a lease with its holder until it ends', async () => {
    const take = (holder: string, at: number): Promise<boolean> =>
      store().transact(tx => tx.leases.take('sealer', holder, at, at + 1000))
    expect(await take('a', now)).toBe(true)
    expect(await take('b', now + 999)).toBe(false)
    expect(await take('a', now + 999)).toBe(true)
    expect(await take('b', now + 1998)).toBe(false)
    expect(await take('b', now + 1999)).toBe(true)
  })

  it('numbers settings and keeps the newest', async () => {
    const save = (expected: number, document: unknown): Promise<boolean> =>
      store().transact(tx => tx.settings.save(expected, document, now))
    expect(await store().read(tx => tx.settings.current())).toBeNull()
    expect(await save(1, {})).toBe(false)
    expect(await save(0, { gates: 1 })).toBe(true)
    expect(await save(0, { gates: 9 })).toBe(false)
    expect(await save(1, { gates: 2 })).toBe(true)
    expect(await store().read(tx => tx.settings.current())).toEqual({ version: 2, document: { gates: 2 } })
  })
}

function enrollmentConformance(store: () => Store): void {
  it('gives the enrollments of a subject, and refuses an old version or a removed one', async () => {
    const [own, other] = [sampleEnrollment(), sampleEnrollment({ method: 'email', attribute: 'mail' })]
    await store().transact(async tx => {
      await tx.enrollments.insert('subject', own)
      await tx.enrollments.insert('another subject', other)
    })
    expect(await store().read(tx => tx.enrollments.of('subject'))).toEqual([own])
    expect(await store().read(tx => tx.enrollments.get(other.id))).toEqual(other)
    const change = { secret: 'next', usedAt: now }
    expect(await store().transact(tx => tx.enrollments.advance(own.id, 2, change))).toBe(false)
    expect(await store().transact(tx => tx.enrollments.remove(own.id))).toBe(true)
    expect(await store().transact(tx => tx.enrollments.advance(own.id, 1, change))).toBe(false)
    expect(await store().transact(tx => tx.enrollments.remove(own.id))).toBe(false)
    expect(await store().read(tx => tx.enrollments.get(own.id))).toBeNull()
  })

  it('gives any one of a method, or says that there is none', async () => {
    const own = sampleEnrollment({ method: 'passkey' })
    await store().transact(tx => tx.enrollments.insert('subject', sampleEnrollment({ method: 'email' })))
    expect(await store().read(tx => tx.enrollments.anyOf('passkey'))).toBeNull()
    await store().transact(tx => tx.enrollments.insert('another subject', own))
    expect(await store().read(tx => tx.enrollments.anyOf('passkey'))).toEqual(own)
  })

  it('lets one account hold a claim, until it is removed', async () => {
    const [one, two] = [sampleEnrollment(), sampleEnrollment()]
    const assign = (enrollment: typeof one) =>
      store().transact(tx => tx.enrollments.assign('subject', enrollment, 'a token'))
    expect(await Promise.all([assign(one), assign(two)])).toEqual([true, false])
    expect(await store().read(tx => tx.enrollments.claimed('a token'))).toEqual(one)
    expect(await store().read(tx => tx.enrollments.claimed('another'))).toBeNull()
    expect(await store().read(tx => tx.enrollments.get(two.id))).toBeNull()
    await store().transact(tx => tx.enrollments.insert('subject', sampleEnrollment()))
    expect(await store().read(tx => tx.enrollments.listClaimed('', 10))).toEqual([one])
    expect(await store().read(tx => tx.enrollments.listClaimed(one.id, 10))).toEqual([])
    await store().transact(tx => tx.enrollments.remove(one.id))
    expect(await assign(two)).toBe(true)
  })

  it('confirms once what was assigned, and its secret with it', async () => {
    const waiting = sampleEnrollment({ confirmedAt: null, usableAt: 0 })
    await store().transact(tx => tx.enrollments.insert('subject', waiting))
    const confirm = (secret: string) =>
      store().transact(tx => tx.enrollments.confirm(waiting.id, 1, { secret, at: now }))
    expect(await Promise.all([confirm('used'), confirm('used too')])).toEqual([true, false])
    expect(await store().read(tx => tx.enrollments.of('subject'))).toEqual([
      { ...waiting, secret: 'used', version: 2, confirmedAt: now, usableAt: now, lastUsedAt: now },
    ])
    expect(await store().transact(tx => tx.enrollments.confirm('nobody', 1, { secret: 's', at: now }))).toBe(
      false,
    )
  })
}

function limitConformance(store: () => Store): void {
  const limit = { max: 2, perMs: minutes(10) }

  it('spends a window, refuses at its end without cost, and opens a new one', async () => {
    const spend = (at: number) => store().transact(tx => tx.limits.spend('a', limit, at))
    expect((await spend(now)).allowed).toBe(true)
    expect((await spend(now + 1)).allowed).toBe(true)
    expect(await spend(now + 2)).toMatchObject({ allowed: false, retryAfterSeconds: 600 })
    expect(await store().read(tx => tx.limits.get('a'))).toEqual({ value: 2, at: now })
    await store().transact(tx => tx.limits.earnBack('a', 1))
    expect(await store().read(tx => tx.limits.get('a'))).toEqual({ value: 1, at: now })
    await store().transact(tx => tx.limits.earnBack('a', 5))
    expect(await store().read(tx => tx.limits.get('a'))).toEqual({ value: 0, at: now })
    await spend(now + minutes(10))
    expect(await store().read(tx => tx.limits.get('a'))).toEqual({ value: 1, at: now + minutes(10) })
  })

  it('counts failures and clears them', async () => {
    await store().transact(tx => tx.limits.add('failures:a', 1, now))
    expect(await store().transact(tx => tx.limits.add('failures:a', 2, now + 5))).toEqual({
      ...{ value: 3, at: now + 5 },
    })
    await store().transact(tx => tx.limits.clear('failures:a'))
    expect(await store().read(tx => tx.limits.get('failures:a'))).toBeNull()
  })

  it('deletes idle rows, but no time is long enough for a counter of failures (RL-01)', async () => {
    await store().transact(async tx => {
      await tx.limits.add('failures:a', 1, now)
      await tx.limits.spend('starts:old', limit, now)
      await tx.limits.spend('starts:used', limit, now)
      await tx.limits.spend('starts:used', limit, now + 1000)
    })
    expect(await store().transact(tx => tx.limits.prune(now + 2000, 1500, 10))).toBe(1)
    expect(await store().read(tx => tx.limits.get('starts:old'))).toBeNull()
    expect(await store().transact(tx => tx.limits.prune(now + days(9999), 1500, 10))).toBe(1)
    expect(await store().read(tx => tx.limits.get('failures:a'))).toEqual({ value: 1, at: now })
  })

  it('keeps rows of nobody bounded: the longest unused go first, real ones stay (DOS-06)', async () => {
    await store().transact(async tx => {
      for (const age of [5, 4, 3, 2, 1]) await tx.limits.add(`failures:nobody ${age}`, 1, now - age, true)
      await tx.limits.add('failures:nobody 5', 1, now, true)
      await tx.limits.spend('failures:somebody', limit, now - 99, true)
      await tx.limits.spend('failures:somebody', limit, now - 99)
    })
    expect(await store().transact(tx => tx.limits.prune(now, hours(24), 2))).toBe(3)
    const left = await store().read(async tx => {
      const names = ['nobody 5', 'nobody 4', 'nobody 3', 'nobody 2', 'nobody 1', 'somebody']
      return Promise.all(names.map(async name => (await tx.limits.get(`failures:${name}`)) !== null))
    })
    expect(left).toEqual([true, false, false, false, true, true])
  })
}

function outboxConformance(store: () => Store): void {
  const code = { kind: 'code', code: '123456', expiresAt: now + 5000, reference: 'K7-4QF' } as const
  const address = { channel: 'mail', to: 'alice@example.org', locale: 'en' } as const
  const claim = (at: number): Promise<Letter[]> => store().transact(tx => tx.outbox.claim(at, 1000, 9))

  it('leases a letter, hands it out again after the lease, and lets it go when it is done', async () => {
    await store().transact(tx => tx.outbox.add(code, address, now + 5000, now))
    const [letter] = await claim(now)
    expect(letter).toMatchObject({ message: code, address, attempts: 0, expiresAt: now + 5000 })
    expect(await claim(now + 999)).toEqual([])
    expect(await claim(now + 1000)).toMatchObject([{ id: letter?.id, attempts: 1 }])
    await store().transact(tx => tx.outbox.again(letter?.id ?? '', now + 3000, 'busy'))
    expect(await claim(now + 2999)).toEqual([])
    expect(await claim(now + 3000)).toMatchObject([{ id: letter?.id, attempts: 2 }])
    await store().transact(tx => tx.outbox.done(letter?.id ?? ''))
    expect(await store().read(tx => tx.outbox.counts(now))).toEqual({
      ...{ waiting: 0, dead: 0, oldestWaitingAt: null },
    })
  })

  it('hands out nothing that has expired, and deletes it', async () => {
    await store().transact(tx => tx.outbox.add(code, address, now + 5000, now))
    expect(await claim(now + 5000)).toEqual([])
    expect(await store().transact(tx => tx.outbox.expire(now + 4999))).toBe(0)
    expect(await store().transact(tx => tx.outbox.expire(now + 5000))).toBe(1)
  })

  it('keeps a dead letter for administrators and counts what waits', async () => {
    await store().transact(async tx => {
      await tx.outbox.add(code, null, now + 5000, now - 7)
      await tx.outbox.add(code, address, now + 5000, now)
    })
    const [first, second] = await claim(now)
    expect([first?.address, second?.address]).toContain(null)
    const waiting = { waiting: 2, dead: 0, oldestWaitingAt: now - 7 }
    expect(await store().read(tx => tx.outbox.counts(now))).toEqual(waiting)
    await store().transact(tx => tx.outbox.dead(second?.id ?? '', now, 'refused for good'))
    expect(await store().read(tx => tx.outbox.counts(now))).toMatchObject({ waiting: 1, dead: 1 })
    expect(await claim(now + 4000)).toMatchObject([{ id: first?.id }])
    expect(await store().transact(tx => tx.outbox.expire(now + days(9)))).toBe(1)
    expect(await store().read(tx => tx.outbox.counts(now))).toMatchObject({ waiting: 0, dead: 1 })
  })

  it('wakes the sender after the commit that put a letter in, and only then', async () => {
    let woken = 0
    store().onOutbox(() => {
      woken += 1
    })
    await store().transact(async tx => {
      await tx.outbox.add(code, null, now + 5000, now)
      await tx.outbox.add(code, null, now + 5000, now)
      expect(woken).toBe(0)
    })
    expect(woken).toBe(1)
    await store().transact(tx => tx.limits.add('a', 1, now))
    const failed = store().transact(async tx => {
      await tx.outbox.add(code, null, now + 5000, now)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(woken).toBe(1)
  })
}

function noticeConformance(store: () => Store): void {
  it('finds a notice by any digest of its token until it expires', async () => {
    const notice = sampleNotice()
    await store().transact(tx => tx.notices.insert('under the old key', notice))
    const find = (digests: string[]) => store().read(tx => tx.notices.byDigests(digests))
    expect(await find(['under the new key', 'under the old key'])).toEqual(notice)
    expect(await find(['something else'])).toBeNull()
    expect(await store().transact(tx => tx.notices.use(notice.id, notice.expiresAt))).toBe(false)
    expect(await store().transact(tx => tx.notices.use(notice.id, now))).toBe(true)
    expect((await find(['under the old key']))?.usedAt).toBe(now)
    expect(await store().transact(tx => tx.notices.prune(notice.expiresAt - 1))).toBe(0)
    expect(await store().transact(tx => tx.notices.prune(notice.expiresAt))).toBe(1)
  })

  it('holds what any standing hold holds, and remembers lifted ones', async () => {
    const [mail, other] = ['mail:a@example.org', 'mail:b@example.org']
    await store().transact(async tx => {
      await tx.notices.hold('s', { until: now + 1000, channels: [mail], methods: ['email'] }, now - 50)
      await tx.notices.hold('s', { until: now + 2000, channels: [other], methods: ['app_code'] }, now)
    })
    const holdAt = (at: number) => store().read(tx => tx.notices.holdOf('s', at))
    const both = await holdAt(now)
    expect(both?.until).toBe(now + 2000)
    expect(both?.channels.toSorted()).toEqual([mail, other])
    expect(both?.methods.toSorted()).toEqual(['app_code', 'email'])
    expect(await holdAt(now + 1000)).toMatchObject({ channels: [other], methods: ['app_code'] })
    expect(await store().read(tx => tx.notices.holdOf('another subject', now))).toBeNull()
    await store().transact(tx => tx.notices.lift('s'))
    expect(await holdAt(now)).toBeNull()
    expect(await store().read(tx => tx.notices.lastHold('s', mail))).toBe(now - 50)
    expect(await store().read(tx => tx.notices.lastHold('s', 'mail:c@example.org'))).toBeNull()
    expect(await store().transact(tx => tx.notices.prune(now + days(30)))).toBe(0)
    expect(await store().transact(tx => tx.notices.prune(now + days(32)))).toBe(2)
    expect(clock.now()).toBe(now)
  })
}

function peopleConformance(store: () => Store): void {
  it('finds people by their keys, and tells two matches from one', async () => {
    const [alice, alan] = [samplePerson('alice'), samplePerson('alan')]
    await store().transact(async tx => {
      await tx.people.insert(alice, ['alice', 'al@example.test', 'alice'])
      await tx.people.insert(alan, ['alan', 'al@example.test'])
    })
    const find = (...names: string[]) => store().read(tx => tx.people.byKeys(names))
    expect(await find('alice')).toEqual([alice])
    expect(await find('alice', 'alice@example.test')).toEqual([alice])
    expect((await find('al@example.test')).length).toBe(2)
    expect(await find('nobody')).toEqual([])
    expect(await store().read(tx => tx.people.byId('nobody'))).toBeNull()
  })

  it('changes keys with the person, and removes both', async () => {
    const alice = samplePerson('alice')
    await store().transact(tx => tx.people.insert(alice, ['alice']))
    const married = { ...alice, login: 'alison' }
    expect(await store().transact(tx => tx.people.update(married, 1, ['alison']))).toBe(true)
    expect(await store().transact(tx => tx.people.update(alice, 1, ['alice']))).toBe(false)
    expect(await store().read(tx => tx.people.byKeys(['alice']))).toEqual([])
    expect(await store().read(tx => tx.people.byKeys(['alison']))).toEqual([{ ...married, version: 2 }])
    expect(await store().transact(tx => tx.people.remove(alice.id))).toBe(true)
    expect(await store().transact(tx => tx.people.remove(alice.id))).toBe(false)
    await store().transact(tx => tx.people.insert(alice, ['alison']))
    expect((await store().read(tx => tx.people.byKeys(['alison']))).length).toBe(1)
  })

  it('lists people page by page', async () => {
    const logins = ['a', 'b', 'c', 'd', 'e']
    await store().transact(async tx => {
      for (const login of logins) await tx.people.insert(samplePerson(login), [login])
    })
    const first = await store().read(tx => tx.people.list(null, 3))
    const rest = await store().read(tx => tx.people.list(first.at(-1)?.id ?? null, 3))
    expect([...first, ...rest].map(({ login }) => login)).toEqual(logins)
    expect(rest.length).toBe(2)
  })
}
