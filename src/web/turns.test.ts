import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

it('begins so many in one turn of the event loop, in their order, and leaves nobody waiting', async () => {
  const turn = createTurns(3)
  const begun: number[] = []
  for (let request = 0; request < 8; request++) void turn().then(() => begun.push(request))
  const seen: number[] = []
  for (let turns = 0; turns < 4; turns++) {
    await Promise.resolve()
    seen.push(begun.length)
    await nextTurn()
  }
  expect(seen).toEqual([3, 6, 8, 8])
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

it('lets whoever comes alone begin at once', async () => {
  const turn = createTurns(1)
  for (let request = 0; request < 5; request++) {
    await turn()
    await nextTurn()
  }
  const late = turn()
  await expect(late).resolves.toBeUndefined()
})
