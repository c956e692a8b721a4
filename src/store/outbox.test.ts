import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { fakeClock } from '../../rig/clock.ts'
import { TEST_RING } from '../../rig/world.ts'
import { minutes } from '../lib/clock.ts'
import { createKeys, type Key } from '../lib/seal.ts'
import type { Message } from '../notifier.ts'
import { openStore } from './open.ts'

const LETTER: Message = { kind: 'reset_required', displayName: 'Alice Sample' }
const address = { channel: 'mail', to: 'alice@private.example', locale: 'en' } as const
const NEWER: Key = { id: 'newer', use: 'seal', created: '2026-06-01T00:00:00Z', secret: Buffer.alloc(32, 77) }

it('sends what it can read while a letter under a newer key waits for that key', async () => {
  const folder = tempFolder('outbox')
  const clock = fakeClock()
  const file = join(folder.path, 'postern.db')
  const old = await openStore({ file, keys: createKeys(TEST_RING), clock })
  const newer = await openStore({ file, keys: createKeys([...TEST_RING, NEWER]), clock })
  const add = (store: typeof old) =>
    store.transact(tx => tx.outbox.add(LETTER, address, clock.now() + minutes(60), clock.now()))
  await add(newer)
  await add(old)
  const claim = (store: typeof old) => store.transact(tx => tx.outbox.claim(clock.now(), minutes(1), 10))
  expect(await claim(old)).toHaveLength(1)
  clock.advance(minutes(1))
  expect(await claim(newer)).toHaveLength(2)
  await old.close()
  await newer.close()
  folder.remove()
})
