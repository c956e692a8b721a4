// Two lines before the same places: what comes alone, and batches (DOS-04).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHashQueue, QueueFullError } from './hash-queue.ts'

const never = AbortSignal.any([])

/** Everything that can go on without us has gone on. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

/** A queue whose works are in `begun` once they began, and end when the test says so. */
function watched(...limits: Parameters<typeof createHashQueue>) {
  const queue = createHashQueue(...limits)
  const begun: string[] = []
  const open = new Map<string, () => void>()
  const hold = (name: string): Promise<string> => {
    begun.push(name)
    return new Promise(resolve => open.set(name, () => resolve(name)))
  }
  return {
    begun,
    running: () => [...open.keys()],
    alone: (name: string, signal = never) => queue.run(() => hold(name), signal),
    batch: (all: readonly string[], signal = never) => queue.runAll(all, hold, signal),
    async end(name: string): Promise<void> {
      open.get(name)?.()
      open.delete(name)
      await settled()
    },
  }
}

test('behind a hundred hashes of batches whoever comes alone begins at once, and none of them stops', async () => {
  const { begun, alone, batch, end, running } = watched()
  const batches = names('b', 34).map(name => batch([`${name}/1`, `${name}/2`, `${name}/3`]))
  expect(begun).toEqual(['b0/1'])
  const first = alone('sign-in 1')
  expect(begun).toEqual(['b0/1', 'sign-in 1'])
  await end('sign-in 1')
  const second = alone('sign-in 2')
  expect(running()).toEqual(['b0/1', 'sign-in 2'])
  await end('b0/1')
  expect(running()).toEqual(['sign-in 2'])
  const third = alone('sign-in 3')
  await end('sign-in 2')
  // A batch gives way once, and no more.
  expect(running()).toEqual(['sign-in 3', 'b0/2'])
  await end('sign-in 3')
  for (let left = 101; left > 0; left--) await end(running()[0] ?? '')
  expect(await Promise.all([first, second, third])).toEqual(['sign-in 1', 'sign-in 2', 'sign-in 3'])
  expect((await Promise.all(batches)).flat()).toEqual(begun.filter(name => name.startsWith('b')))
})

test('a batch is served whole before the next one begins, and its results stand in its order', async () => {
  const { begun, batch, end } = watched()
  const done = [batch(['a1', 'a2']), batch(['b1']), batch([]), batch(['c1'])]
  for (const name of ['a1', 'a2', 'b1', 'c1']) await end(name)
  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1'])
  expect(await Promise.all(done)).toEqual([['a1', 'a2'], ['b1'], [], ['c1']])
})

test('where both lines are full they are served in turn: neither starves', async () => {
  for (const atOnce of [1, 2, 3]) {
    const { begun, alone, batch, end, running } = watched(atOnce)
    const all = [...names('s', 50).map(name => alone(name)), batch(names('b', 20))]
    while (running().length > 0) await end(running()[0] ?? '')
    await Promise.all(all)
    const last = begun.lastIndexOf('b19')
    const before = begun.slice(0, last).filter(name => name.startsWith('s')).length
    // One or more of its own between two of a batch, never more than there are places.
    expect(before).toBeLessThanOrEqual(20 * atOnce + 1)
    expect(begun.filter(name => name.startsWith('s'))).toEqual(names('s', 50))
  }
})

test('each line has a bound of its own, and a full one turns away nobody of the other', async () => {
  const { alone, batch, running, end } = watched(2, 3, 2)
  const batches = names('b', 3).map(name => batch([name]))
  await expect(batch(['one too many'])).rejects.toThrow(QueueFullError)
  const alones = names('s', 4).map(name => alone(name))
  await expect(alone('one too many')).rejects.toThrow(QueueFullError)
  expect(running()).toEqual(['b0', 's0'])
  while (running().length > 0) await end(running()[0] ?? '')
  expect((await Promise.all([...batches, ...alones])).flat()).toHaveLength(7)
})

test('a batch that is given up runs nothing more, and makes room only when what runs has ended', async () => {
  const { batch, begun, end } = watched()
  const gone = new AbortController()
  const first = batch(['a1', 'a2'], gone.signal)
  const waiting = batch(['b1'], gone.signal)
  const next = batch(['c1'])
  gone.abort(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  await expect(waiting).rejects.toThrow('gone')
  expect(begun).toEqual(['a1'])
  await end('a1')
  expect(begun).toEqual(['a1', 'c1'])
  await end('c1')
  expect(await next).toEqual(['c1'])
})

test('a batch that fails ends there and gives its place back', async () => {
  const queue = createHashQueue(1, 0, 1)
  const begun: number[] = []
  const failing = async (each: number): Promise<number> => {
    begun.push(each)
    if (each === 2) throw new Error('no')
    return each
  }
  const next = queue.runAll([4], failing, never)
  await expect(queue.runAll([1, 2, 3], failing, never)).rejects.toThrow('no')
  expect([await next, begun]).toEqual([[4], [4, 1, 2]])
  expect(await queue.run(async () => 7, never)).toBe(7)
})

const step = fc.oneof(
  fc.record({ does: fc.constant('alone' as const) }),
  fc.record({ does: fc.constant('batch' as const), size: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ does: fc.constant('end' as const), which: fc.nat(5) }),
  fc.record({ does: fc.constant('abort' as const), which: fc.nat(20) }),
)

test('whatever comes, ends and gives up: bounds hold, nobody waits beside a free place, everybody is answered', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 60 }),
      async (atOnce, steps) => {
        const { alone, batch, running, end, begun } = watched(atOnce, 4, 3)
        const answers: Promise<unknown>[] = []
        const aborts: AbortController[] = []
        const asked: string[] = []
        const answered = new Set<string>()
        const ask = (name: string, run: (signal: AbortSignal) => Promise<unknown>): void => {
          const abort = new AbortController()
          aborts.push(abort)
          if (name.startsWith('s')) asked.push(name)
          const said = run(abort.signal).then(
            () => 'done',
            (error: Error) => error.name,
          )
          answers.push(said.finally(() => answered.add(name)))
        }
        for (const [index, one] of steps.entries()) {
          const [s, b] = [`s${index}`, `b${index}`]
          if (one.does === 'alone') ask(s, signal => alone(s, signal))
          if (one.does === 'batch') ask(b, signal => batch(names(`${b}/`, one.size), signal))
          if (one.does === 'end') await end(running()[one.which % running().length] ?? '')
          if (one.does === 'abort') aborts[one.which % aborts.length]?.abort()
          await settled()
          expect(running().length).toBeLessThanOrEqual(atOnce)
          expect(running().filter(name => name.startsWith('b')).length).toBeLessThanOrEqual(1)
          const waiting = asked.filter(name => !begun.includes(name) && !answered.has(name))
          if (running().length < atOnce) expect(waiting).toEqual([])
        }
        while (running().length > 0) await end(running()[0] ?? '')
        for (const answer of await Promise.all(answers))
          expect(['done', 'AbortError', 'QueueFullError']).toContain(answer)
        // In their order, each at most once.
        const alones = begun.filter(name => name.startsWith('s'))
        expect(alones).toEqual(asked.filter(name => alones.includes(name)))
      },
    ),
    { numRuns: 100 },
  ))
