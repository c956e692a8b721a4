import { afterEach, beforeEach, expect, it } from 'vitest'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { currentSettings } from './current-settings.ts'

let world: TestWorld
beforeEach(async () => {
  world = await testWorld([])
})
afterEach(() => world.store.close())

const after = async (document: object) => {
  await world.store.transact(tx => tx.settings.save(1, document, world.clock.now()))
  return world.store.read(currentSettings)
}

it('what an older document lacks is the default, within a group of settings too', async () => {
  const settings = await after({ gates: 1, registration: { first: 'pass' } })
  expect(settings).toEqual({
    ...DEFAULT_SETTINGS,
    gates: 1,
    registration: { ...DEFAULT_SETTINGS.registration, first: 'pass' },
  })
})

it('is all defaults where nothing was said', async () => {
  expect(await after({})).toEqual(DEFAULT_SETTINGS)
})
