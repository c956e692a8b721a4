import { describe, expect, test } from 'vitest'
import type { AccountRef } from '../account.ts'
import type { Changed, Written } from '../directory.ts'
import { PASSWORD, type Suite, soon } from './conformance-suite.ts'

const NEW = 'Another-Passw0rd 2'

/** As typed: nothing is trimmed, folded, composed, cut or quoted on the way (PWD-02, PWD-03). */
const PASSWORDS = [
  '  Blanks-Around 12  ',
  'Composed-\u00e9\u00fc-Pw 1',
  'Decomposed-e\u0301u\u0308-Pw 1',
  'Quotes-"\'`-Pw 1',
  'Back\\slash-\\22-Pw 1',
  'Filter-*()-Pw 1',
  'Emoji-😀🔑-Pw 1',
  'Ligature-ﬁ-ß-Pw 1',
  'عربي-Pw 1-日本語',
  `Sixty-four ${'x'.repeat(52)}1`,
  `Very-long ${'ä9X'.repeat(82)}`,
]

export function passwordConformance(suite: Suite): void {
  const { directory, person, knows, rig } = suite
  const set = (ref: AccountRef, password: string, unlock = true): Promise<Written> =>
    directory().setPassword(ref, { password, unlock, key: 'conformance' }, soon())
  const change = (ref: AccountRef, old: string, password: string): Promise<Changed> =>
    directory().changePassword(ref, { old, password, key: 'conformance' }, soon())

  test('a new password opens the account, the old one no longer', async () => {
    const { account, login } = await person()
    expect(await set(account.ref, NEW)).toEqual({ ok: true })
    expect(await directory().authenticate(account.ref, NEW, soon())).toBe('yes')
    expect(await directory().authenticate(account.ref, PASSWORD, soon())).toBe('no')
    expect(await rig().opens(login, NEW)).toBe(true)
  })

  test.each(PASSWORDS)('a password arrives exactly as typed: %s', async password => {
    const { account, login } = await person()
    expect(await set(account.ref, password)).toEqual({ ok: true })
    expect(await rig().opens(login, password)).toBe(true)
    expect(await directory().authenticate(account.ref, password, soon())).toBe('yes')
    for (const other of alterations(password))
      expect(await directory().authenticate(account.ref, other, soon()), other).not.toBe('yes')
  })

  test('an empty password, NUL and half a character are never sent', async () => {
    const { account, login } = await person()
    for (const password of ['', `Nul-Passw0rd\0 1`, 'Half-Passw0rd \ud83d'])
      expect(await set(account.ref, password)).toMatchObject({ ok: false })
    expect(await directory().authenticate(account.ref, '', soon())).toBe('no')
    expect(await directory().authenticate(account.ref, `${PASSWORD}\0x`, soon())).toBe('no')
    expect(await rig().opens(login, PASSWORD)).toBe(true)
  })

  test('a password that is too short is refused by name, and nothing changes', async () => {
    const { account, login } = await person()
    const refused = { ok: false, refusal: { reason: 'too_short', value: knows.tooShort.length + 1 } }
    expect(await set(account.ref, knows.tooShort)).toEqual(refused)
    expect(await change(account.ref, PASSWORD, knows.tooShort)).toEqual(refused)
    expect(await directory().outcome(account.ref, account.mark, soon())).toBe('unchanged')
    expect(await rig().opens(login, PASSWORD)).toBe(true)
  })

  test('with the old password a person sets a new one; with a wrong one nothing happens', async () => {
    const { account, login } = await person()
    expect(await change(account.ref, 'Not-The-Passw0rd 3', NEW)).toEqual({ ok: false, refusal: 'wrong_old' })
    expect(await change(account.ref, '', NEW)).toEqual({ ok: false, refusal: 'wrong_old' })
    expect(await directory().outcome(account.ref, account.mark, soon())).toBe('unchanged')
    expect(await change(account.ref, PASSWORD, NEW)).toEqual({ ok: true })
    expect(await rig().opens(login, NEW)).toBe(true)
    expect(await rig().opens(login, PASSWORD)).toBe(false)
  })

  test('a change tells what became of it, and so does none', async () => {
    const { account } = await person()
    expect(await directory().outcome(account.ref, account.mark, soon())).toBe('unchanged')
    await set(account.ref, NEW)
    expect(await directory().outcome(account.ref, account.mark, soon())).toBe('changed')
    const after = await directory().read(account.ref, soon())
    expect(await directory().outcome(account.ref, after?.mark ?? '', soon())).toBe('unchanged')
    for (const mark of ['', '{}', 'null', '[1]', 'nonsense'])
      expect(await directory().outcome(account.ref, mark, soon())).toBe('unknown')
  })

  test('two changes that follow at once have marks that differ', async () => {
    const { account } = await person()
    await set(account.ref, NEW)
    const between = await directory().read(account.ref, soon())
    expect(await set(account.ref, 'Third-Passw0rd 3')).toEqual({ ok: true })
    expect(await directory().outcome(account.ref, between?.mark ?? '', soon())).toBe('changed')
  })

  test('somebody who is gone is refused', async () => {
    const { account } = await person()
    const gone = { ...account.ref, id: account.ref.id.replace(/[0-9a-f]/g, '7') }
    expect(await set(gone, NEW)).toEqual({ ok: false, refusal: { reason: 'not_allowed' } })
    expect(await change(gone, PASSWORD, NEW)).toEqual({ ok: false, refusal: { reason: 'not_allowed' } })
    expect(await directory().authenticate(gone, PASSWORD, soon())).toBe('no')
    expect(await directory().unlock(gone, soon())).toEqual({ ok: false, refusal: { reason: 'not_allowed' } })
  })

  test('binds of two people that run at once are never mixed up', { timeout: 60_000 }, async () => {
    const [one, two] = [await person(), await person()]
    await set(one.account.ref, 'Only-Of-One 1')
    const tries = Array.from({ length: knows.binds ?? 200 }, (_, at) => ({
      ref: (at % 2 === 0 ? one : two).account.ref,
      password: at % 3 === 0 ? 'Only-Of-One 1' : PASSWORD,
      expected: (at % 2 === 0) === (at % 3 === 0) ? 'yes' : 'no',
    }))
    // In Active Directory and OpenLDAP a lock would answer instead: only right passwords where it counts.
    const right = tries.filter(({ expected }) => expected === 'yes')
    const answers = await inTurns(right, 8, ({ ref, password }) =>
      directory().authenticate(ref, password, AbortSignal.timeout(30_000)),
    )
    expect(answers.filter(answer => answer !== 'yes')).toEqual([])
    expect(await directory().authenticate(two.account.ref, 'Only-Of-One 1', soon())).toBe('no')
    expect((await directory().find(one.login, soon()))?.ref).toEqual(one.account.ref)
  })

  describe('states', () => stateConformance(suite, set, change))
}

type Set = (ref: AccountRef, password: string, unlock?: boolean) => Promise<Written>
type Change = (ref: AccountRef, old: string, password: string) => Promise<Changed>

function stateConformance({ directory, person, knows, rig }: Suite, set: Set, change: Change): void {
  const has = (state: (typeof knows.states)[number]): boolean => knows.states.includes(state)
  const refused = { ok: false, refusal: { reason: 'not_allowed' } }

  if (has('locked')) {
    test('a locked account says so, and a reset unlocks it', async () => {
      const { account, login } = await person('locked')
      expect(account).toMatchObject({ locked: true, lockedForGood: false })
      expect(await directory().authenticate(account.ref, PASSWORD, soon())).toBe('locked')
      expect(await change(account.ref, PASSWORD, NEW)).toEqual({ ok: false, refusal: 'locked' })
      expect(await set(account.ref, NEW)).toEqual({ ok: true })
      expect(await directory().authenticate(account.ref, NEW, soon())).toBe('yes')
      expect((await directory().find(login, soon()))?.locked).toBe(false)
    })

    test('unlocking leaves the password, forgets the wrong ones, and may be asked for twice', async () => {
      const { account, login } = await person('locked')
      for (let times = 0; times < 2; times++)
        expect(await directory().unlock(account.ref, soon())).toEqual({ ok: true })
      expect(await directory().authenticate(account.ref, 'Wrong-Once 1', soon())).toBe('no')
      expect(await rig().opens(login, PASSWORD)).toBe(true)
      expect(await directory().outcome(account.ref, account.mark, soon())).not.toBe('changed')
    })
  }

  for (const state of ['disabled', 'protected', 'locked_for_good'] as const)
    if (has(state))
      test(`an account that is ${state} is not written by anybody`, async () => {
        const { account } = await person(state)
        expect(await set(account.ref, NEW)).toEqual(refused)
        expect(await change(account.ref, PASSWORD, NEW)).toEqual(refused)
        expect(await directory().unlock(account.ref, soon())).toEqual(refused)
        expect(await directory().outcome(account.ref, account.mark, soon())).toBe('unchanged')
      })

  for (const state of ['must_change', 'expired'] as const)
    if (has(state)) {
      test(`a password that is ${state} is no obstacle to a reset`, async () => {
        const { account } = await person(state)
        expect(account.status).toBe('active')
        expect(await directory().authenticate(account.ref, PASSWORD, soon())).toBe('must_change')
        expect(await set(account.ref, NEW)).toEqual({ ok: true })
        expect(await directory().authenticate(account.ref, NEW, soon())).toBe('yes')
      })

      test(`a password that is ${state} is changed with the old one, and not with a wrong one`, async () => {
        const { account, login } = await person(state)
        const wrong = await change(account.ref, 'Not-The-Passw0rd 3', NEW)
        expect(wrong).toEqual({ ok: false, refusal: 'wrong_old' })
        expect(await change(account.ref, PASSWORD, NEW)).toEqual({ ok: true })
        expect(await rig().opens(login, NEW)).toBe(true)
        expect((await directory().read(account.ref, soon()))?.mustChange).toBe(false)
      })
    }
}

/** What a careless step on the way would have made of it; one wrong try at most, so that nothing locks. */
function alterations(password: string): readonly string[] {
  const made = [password.trim(), password.normalize('NFC'), password.normalize('NFD'), password.slice(0, 64)]
  return made.filter(other => other !== password).slice(0, 1)
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const rest = items.values()
  const one = async (): Promise<void> => {
    for (const item of rest) results.push(await work(item))
  }
  await Promise.all(Array.from({ length: width }, one))
  return results
}
