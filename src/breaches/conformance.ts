import { afterEach, describe, expect, it } from 'vitest'
import type { Breach } from '../breach.ts'

/** Somebody's passwords: short, long, with spaces, outside ASCII, an emoji of several code points. */
const KNOWN = [
  'password',
  'P@ssw0rd',
  '',
  ' ',
  'a'.repeat(10_000),
  'пароль123',
  'pässword',
  '密码',
  '👨‍👩‍👧 family',
]
/** The same to an eye, or to somebody who trims, folds or normalises. */
const NEAR = [
  'Password',
  'PASSWORD',
  'password ',
  ' password',
  'passwor',
  'p@ssw0rd',
  'pa\u0308ssword',
  'a'.repeat(9_999),
]

/** What every list of breached passwords keeps. `create` gives one that holds exactly these. */
export function breachConformance(
  kind: Breach['kind'],
  create: (known: readonly string[]) => Promise<Breach>,
): void {
  const signal = (): AbortSignal => AbortSignal.timeout(5_000)
  let breach: Breach
  const open = async (known: readonly string[]): Promise<Breach> => {
    breach = await create(known)
    return breach
  }

  describe(`the list of breached passwords ${kind}, like every one of them,`, () => {
    afterEach(() => breach.close())

    it('knows each password of the list', async () => {
      await open(KNOWN)
      expect(breach.kind).toBe(kind)
      for (const password of KNOWN)
        expect([password, await breach.seen(password, signal())]).toEqual([password, true])
    })

    it('judges letter by letter: what only looks the same is unknown', async () => {
      await open(KNOWN)
      for (const password of NEAR)
        expect([password, await breach.seen(password, signal())]).toEqual([password, false])
    })

    it('gives the same answer again, and to many at once', async () => {
      await open(KNOWN)
      const asked = [...KNOWN, ...NEAR, ...KNOWN]
      const answers = await Promise.all(asked.map(password => breach.seen(password, signal())))
      expect(answers).toEqual(asked.map(password => KNOWN.includes(password)))
    })

    it('throws where the time is over, and says nothing of the password', async () => {
      await open(KNOWN)
      const failed = breach.seen('password', AbortSignal.abort()).catch((error: unknown) => error)
      expect(await failed).toBeInstanceOf(Error)
      expect(String(await failed)).not.toMatch(/password|5BAA6/i)
    })
  })
}
