import { expect, it } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import { remembered } from './remembered.ts'

const signal = (): AbortSignal => new AbortController().signal

it('asks once for all who ask at the same time, and again when the answer is old', async () => {
  const clock = fakeClock()
  let asked = 0
  const ask = remembered(clock, 1_000, -1, async () => {
    asked += 1
    return asked
  })
  expect(await Promise.all([ask(signal()), ask(signal())])).toEqual([1, 1])
  clock.advance(999)
  expect(await ask(signal())).toBe(1)
  clock.advance(1)
  expect(await ask(signal())).toBe(2)
})

it('lets whoever gives up go, and keeps the question for the others', async () => {
  let answer: (value: string) => void = () => undefined
  const ask = remembered(fakeClock(), 1_000, 'late', () => new Promise<string>(resolve => (answer = resolve)))
  const impatient = new AbortController()
  const patient = ask(signal())
  const first = ask(impatient.signal)
  impatient.abort()
  expect(await first).toBe('late')
  answer('there')
  expect(await patient).toBe('there')
})

it('keeps nothing of a question that failed', async () => {
  let asked = 0
  const ask = remembered(fakeClock(), 1_000, 0, async () => {
    asked += 1
    if (asked === 1) throw new Error('no')
    return asked
  })
  await expect(ask(signal())).rejects.toThrow('no')
  expect(await ask(signal())).toBe(2)
})
