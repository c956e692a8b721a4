import { expect, it } from 'vitest'
import { seededRandom } from '../../rig/random.ts'
import { botCheckConformance } from './conformance.ts'
import { createNone } from './none.ts'

const none = createNone(seededRandom('none'))

botCheckConformance(
  () => none,
  async () => '',
)

it('asks nothing and gives out no ticket', async () => {
  expect(await none.challenge(0, true)).toEqual({ kind: 'none' })
  expect(none.ticket(0)).toBe('')
})
