import { describe, expect, test } from 'vitest'
import type { Account } from '../account.ts'
import { DirectoryError } from '../directory.ts'
import { type Faults, PASSWORD, type Suite, soon } from './conformance-suite.ts'

const NEW = 'After-The-Fault 5'
const write = { password: NEW, unlock: true, key: 'faults' }

/** What a call may take beyond its signal. */
const SLACK_MS = 500

export function faultConformance({ rig, person }: Suite): void {
  const faults = (): Faults => {
    const { faults: given } = rig()
    if (!given) throw new Error('this rig cannot break')
    return given
  }

  const found = async (login: string): Promise<Account> => {
    const account = await faults().directory.find(login, soon())
    if (!account) throw new Error(`${login} was not found`)
    return account
  }

  describe('faults', () => {
    test('a directory that is down is reported, not waited for, and comes back by itself', async () => {
      const { login } = await person()
      const account = await found(login)
      await faults().down()
      for (const call of [
        () => faults().directory.find(login, soon()),
        () => faults().directory.setPassword(account.ref, write, soon()),
        () => faults().directory.outcome(account.ref, account.mark, soon()),
      ]) {
        const error = await failureOf(call)
        expect(error.sent).toBe(false)
      }
      expect((await faults().directory.check(soon())).reachable).toBe(false)
      await faults().heal()
      expect((await faults().directory.find(login, soon()))?.ref).toEqual(account.ref)
      expect(await rig().opens(login, PASSWORD)).toBe(true)
    })

    test('no call outlives its signal, however slow the directory', async () => {
      const { account, login } = await person()
      await faults().slow(3_000)
      const from = performance.now()
      const calls = [
        faults().directory.find(login, AbortSignal.timeout(300)),
        faults().directory.setPassword(account.ref, write, AbortSignal.timeout(300)),
        faults().directory.authenticate(account.ref, PASSWORD, AbortSignal.timeout(300)),
      ]
      for (const call of calls) await failureOf(() => call)
      expect(performance.now() - from).toBeLessThan(300 + SLACK_MS)
      await faults().heal()
      expect((await faults().directory.find(login, soon()))?.ref).toEqual(account.ref)
    })

    test('a call whose signal is over asks for nothing', async () => {
      const { account, login } = await person()
      const error = await failureOf(() =>
        faults().directory.setPassword(account.ref, write, AbortSignal.abort()),
      )
      expect(error.sent).toBe(false)
      expect(await rig().opens(login, PASSWORD)).toBe(true)
    })

    test('an answer that was lost after the write is settled by reading: it was changed', async () => {
      const { login } = await person()
      const account = await found(login)
      await faults().loseAnswer()
      const error = await failureOf(() => faults().directory.setPassword(account.ref, write, soon()))
      expect(error.sent).toBe(true)
      await faults().heal()
      expect(await faults().directory.outcome(account.ref, account.mark, soon())).toBe('changed')
      expect(await rig().opens(login, NEW)).toBe(true)
    })

    test('a lost answer that was a no is settled too: it was not changed', async () => {
      const { login } = await person()
      const account = await found(login)
      await faults().loseAnswer()
      const refused = { ...write, password: 'x' }
      await failureOf(() => faults().directory.setPassword(account.ref, refused, soon()))
      await faults().heal()
      expect(await faults().directory.outcome(account.ref, account.mark, soon())).toBe('unchanged')
      expect(await rig().opens(login, PASSWORD)).toBe(true)
    })
  })
}

async function failureOf(call: () => Promise<unknown>): Promise<DirectoryError> {
  const error = await call().then(
    value => new Error(`it answered ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DirectoryError)
  return error as DirectoryError // as: the line before says so.
}
