import { beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../rig/random.ts'
import { minutes } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { SESSION_IDLE_MS, SESSION_MAX_MS, type Session } from '../session.ts'
import { now } from './conformance-suite.ts'
import type { Store } from './store.ts'

const random = seededRandom('sessions')

const sampleSession = (change: Partial<Session> = {}): Session => ({
  id: newId(random),
  account: { directory: 'builtin', id: 'id of alice' },
  subject: 'subject of alice',
  login: 'alice',
  displayName: 'Alice Example',
  locale: 'en',
  source: '192.0.2.1',
  browser: 'Firefox',
  known: false,
  shared: false,
  reference: 'K7-4QF',
  entry: 'password',
  firstAt: now,
  secondAt: null,
  hasSecondFactor: false,
  entered: true,
  step: null,
  pending: null,
  startedAt: now,
  seenAt: now,
  ...change,
})

/** Sign-ins: kept whole, found by id alone, ended one by one or all of an account. */
export function sessionConformance(store: () => Store): void {
  describe('sign-ins', () => {
    let session: Session
    beforeEach(async () => {
      session = sampleSession()
      await store().transact(tx => tx.sessions.insert(session, 'digest'))
    })

    it('gives back what was kept, with the digest of its token', async () => {
      expect(await store().read(tx => tx.sessions.lock(session.id))).toEqual({
        session,
        tokenDigest: 'digest',
      })
      expect(await store().read(tx => tx.sessions.lock('nobody'))).toBeNull()
    })

    it('saves a session, and another token only where one is given (SES-02)', async () => {
      const seen = { ...session, seenAt: now + minutes(1) }
      await store().transact(tx => tx.sessions.save(seen))
      expect(await store().read(tx => tx.sessions.lock(session.id))).toEqual({
        session: seen,
        tokenDigest: 'digest',
      })
      await store().transact(tx => tx.sessions.save(session, 'risen'))
      expect(await store().read(tx => tx.sessions.lock(session.id))).toEqual({
        session,
        tokenDigest: 'risen',
      })
    })

    it('keeps an ended one ended, whoever saves it later', async () => {
      expect(await store().transact(tx => tx.sessions.end(session.id))).toBe(true)
      expect(await store().transact(tx => tx.sessions.end(session.id))).toBe(false)
      await store().transact(tx => tx.sessions.save(session))
      expect(await store().read(tx => tx.sessions.lock(session.id))).toBeNull()
    })

    it('ends all of one account, and of no other', async () => {
      const another = sampleSession({ subject: 'subject of bob' })
      await store().transact(async tx => {
        await tx.sessions.insert(sampleSession(), 'digest')
        await tx.sessions.insert(another, 'digest')
      })
      expect(await store().transact(tx => tx.sessions.endAll(session.subject))).toBe(2)
      expect((await store().read(tx => tx.sessions.lock(another.id)))?.session).toEqual(another)
    })

    it('ends all but one, where that is named', async () => {
      const kept = sampleSession()
      await store().transact(tx => tx.sessions.insert(kept, 'digest'))
      expect(await store().transact(tx => tx.sessions.endAll(session.subject, kept.id))).toBeGreaterThan(0)
      expect((await store().read(tx => tx.sessions.lock(kept.id)))?.session).toEqual(kept)
      await store().transact(tx => tx.sessions.endAll(session.subject))
    })

    it('prunes what is over: idle, or too long open whatever was done', async () => {
      const busy = sampleSession({ seenAt: now + SESSION_MAX_MS })
      await store().transact(tx => tx.sessions.insert(busy, 'digest'))
      const prune = (at: number) => store().transact(tx => tx.sessions.prune(at))
      expect(await prune(now + SESSION_IDLE_MS)).toBe(0)
      expect(await prune(now + SESSION_IDLE_MS + 1)).toBe(1)
      expect(await prune(now + SESSION_MAX_MS + 1)).toBe(1)
    })
  })
}
