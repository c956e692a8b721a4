import { expect, test } from 'vitest'
import { createHashQueue, QueueFullError } from './hash-queue.ts'

const never = AbortSignal.any([])

/** Work that ends when the test says so. */
function work(): { run: () => Promise<string>; end: () => void; begun: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<string>()
  let begun = false
  return {
    run: () => {
      begun = true
      return promise
    },
    end: () => resolve('hash'),
    begun: () => begun,
  }
}

test('so many run, so many wait in their order, and one more is turned away', async () => {
  const queue = createHashQueue(2, 2)
  const [one, two, three, four, five] = [work(), work(), work(), work(), work()]
  const done = [one, two, three, four].map(each => queue.run(each.run, never))
  expect([one, two, three, four].map(each => each.begun())).toEqual([true, true, false, false])
  await expect(queue.run(five.run, never)).rejects.toThrow(QueueFullError)
  two.end()
  await done[1]
  await Promise.resolve()
  expect([three.begun(), four.begun()]).toEqual([true, false])
  for (const each of [one, three, four]) each.end()
  expect(await Promise.all(done)).toEqual(['hash', 'hash', 'hash', 'hash'])
  five.end()
  expect(await queue.run(five.run, never)).toBe('hash')
})

test('whoever gives up in line leaves it; whoever gives up while running keeps the place until the work ends', async () => {
  const queue = createHashQueue(1, 1)
  const [first, second, third] = [work(), work(), work()]
  const gone = [new AbortController(), new AbortController()]
  const running = queue.run(first.run, gone[0]?.signal ?? never)
  const waiting = queue.run(second.run, gone[1]?.signal ?? never)
  for (const each of gone) each.abort(new Error('gone'))
  await expect(running).rejects.toThrow('gone')
  await expect(waiting).rejects.toThrow('gone')
  const later = queue.run(third.run, never)
  third.end()
  await Promise.resolve()
  expect([second.begun(), third.begun()]).toEqual([false, false])
  first.end()
  expect(await later).toBe('hash')
  expect(second.begun()).toBe(false)
})

test('work that fails gives its place back', async () => {
  const queue = createHashQueue(1, 0)
  await expect(queue.run(() => Promise.reject(new Error('no')), never)).rejects.toThrow('no')
  expect(await queue.run(() => Promise.resolve(7), never)).toBe(7)
})

test('whoever has given up already is not served', async () => {
  const one = work()
  await expect(createHashQueue().run(one.run, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  expect(one.begun()).toBe(false)
})
