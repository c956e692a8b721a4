import { expect, test } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { AppError } from '../errors.ts'
import { createHashQueue } from '../lib/hash-queue.ts'
import { createPasswordHash } from './builtin/password-hash.ts'
import type { PeopleStore } from './builtin/people.ts'

const CHEAP = { memoryCost: 256, timeCost: 1, parallelism: 1, outputLen: 32 }
const soon = (): AbortSignal => AbortSignal.timeout(15_000)

type Fault = 'none' | 'down' | 'lose' | 'hang' | 'rollback'

/** The store as a directory meets it: gone, gone after the commit, or silent. */
async function breaking(): Promise<BuiltinRig & { id: string; break: (fault: Fault) => void }> {
  let fault: Fault = 'none'
  const around = (store: PeopleStore): PeopleStore => {
    const broken = async <T>(work: () => Promise<T>, writes: boolean): Promise<T> => {
      if (fault === 'down') throw new AppError('not-now', 'no database')
      if (fault === 'hang') return await new Promise<T>(() => undefined)
      const result = await work()
      if (fault === 'lose' && writes) throw new Error('connection lost')
      return result
    }
    return {
      transact: work =>
        broken(
          () =>
            store.transact(async people => {
              const result = await work(people)
              if (fault === 'rollback') throw new AppError('not-now', 'no disk')
              return result
            }),
          true,
        ),
      read: work => broken(() => store.read(work), false),
    }
  }
  const rig = await builtinRig({ around, hash: createPasswordHash(createHashQueue(1, 1), CHEAP) })
  const id = await rig.add('ana', 'password-0')
  const setFault = (next: Fault): void => {
    fault = next
  }
  return { ...rig, id, break: setFault }
}

const NEW = { password: 'password-1', unlock: true, key: 'test' }

test('a store that is down is told as such, and nothing was sent', async () => {
  const rig = await breaking()
  const ref = { directory: 'people', id: rig.id }
  rig.break('down')
  const failure = { name: 'DirectoryError', sent: false }
  await expect(rig.directory.find('ana', soon())).rejects.toMatchObject(failure)
  await expect(rig.directory.setPassword(ref, NEW, soon())).rejects.toMatchObject(failure)
  await expect(rig.directory.authenticate(ref, 'password-0', soon())).rejects.toMatchObject(failure)
  expect(await rig.directory.check(soon())).toEqual({ reachable: false, writable: false, warnings: [] })
  rig.break('none')
  expect(await rig.directory.check(soon())).toMatchObject({ reachable: true, writable: true })
  expect(await rig.directory.authenticate(ref, 'password-0', soon())).toBe('yes')
  await rig.stop()
})

test('a write that the store took back is none', async () => {
  const rig = await breaking()
  const ref = { directory: 'people', id: rig.id }
  rig.break('rollback')
  const failure = { name: 'DirectoryError', sent: false }
  await expect(rig.directory.setPassword(ref, NEW, soon())).rejects.toMatchObject(failure)
  rig.break('none')
  expect(await rig.directory.authenticate(ref, 'password-0', soon())).toBe('yes')
  await rig.stop()
})

test('an answer that was lost after the commit is settled by reading', async () => {
  const rig = await breaking()
  const ref = { directory: 'people', id: rig.id }
  const mark = (await rig.directory.read(ref, soon()))?.mark ?? ''
  rig.break('lose')
  const lost = rig.directory.setPassword(ref, NEW, soon())
  await expect(lost).rejects.toMatchObject({ name: 'DirectoryError', sent: true })
  rig.break('none')
  expect(await rig.directory.outcome(ref, mark, soon())).toBe('changed')
  expect(await rig.directory.authenticate(ref, 'password-1', soon())).toBe('yes')
  await rig.stop()
})

test('no call outlives its signal, and one that is over asks for nothing', async () => {
  const rig = await breaking()
  const ref = { directory: 'people', id: rig.id }
  rig.break('hang')
  const calls = [
    rig.directory.find('ana', AbortSignal.timeout(50)),
    rig.directory.setPassword(ref, NEW, AbortSignal.timeout(50)),
    rig.directory.check(AbortSignal.timeout(50)),
  ]
  for (const call of calls) await expect(call).rejects.toMatchObject({ name: 'DirectoryError', sent: false })
  rig.break('none')
  const over = rig.directory.setPassword(ref, NEW, AbortSignal.abort())
  await expect(over).rejects.toMatchObject({ name: 'DirectoryError', sent: false })
  expect(await rig.directory.authenticate(ref, 'password-0', soon())).toBe('yes')
  await rig.stop()
})

test('where too many passwords are hashed at once, the rest hears "not now"', async () => {
  const rig = await breaking()
  const ref = { directory: 'people', id: rig.id }
  const tries = Array.from({ length: 8 }, () => rig.directory.authenticate(ref, 'password-0', soon()))
  const settled = await Promise.allSettled(tries)
  const refusals = settled.filter(each => each.status === 'rejected')
  expect(settled.filter(each => each.status === 'fulfilled').map(each => each.value)).toEqual(['yes', 'yes'])
  expect(refusals).toHaveLength(6)
  for (const { reason } of refusals) expect(reason).toMatchObject({ name: 'DirectoryError', sent: false })
  await rig.stop()
})
