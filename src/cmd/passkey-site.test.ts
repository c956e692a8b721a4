import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { enrolPasskey } from '../../rig/passkeys.ts'
import { PASSKEY_SITE, type TestWorld, testWorld } from '../../rig/world.ts'
import { checkPasskeys, passkeyFindings } from './passkey-site.ts'

const HERE = { passkeys: { rpId: PASSKEY_SITE.rpId } }
const PARENT = { passkeys: { rpId: 'example.test' } }

let people: BuiltinRig
let world: TestWorld
beforeAll(async () => {
  people = await builtinRig()
  world = await testWorld([people.directory], { clock: people.clock })
  await people.add('anna', null)
})
afterAll(async () => {
  await world.store.close()
  await people.stop()
})

test('the domain of passkeys may be chosen until one is registered, and never changes under it', async () => {
  for (const site of [HERE, PARENT]) {
    await expect(checkPasskeys(world, site)).resolves.toBeUndefined()
    expect(await passkeyFindings(world, site)).toMatchObject([
      { level: 'ok', text: expect.stringContaining(`they will belong to ${site.passkeys.rpId} for ever`) },
    ])
  }
  const { id } = await enrolPasskey(world, 'anna')
  await expect(checkPasskeys(world, HERE)).resolves.toBeUndefined()
  expect(await passkeyFindings(world, HERE)).toMatchObject([{ level: 'ok' }])
  const sentence = /registered for reset\.example\.test, and passkeys\.rp_id is example\.test/
  await expect(checkPasskeys(world, PARENT)).rejects.toThrow(sentence)
  expect(await passkeyFindings(world, PARENT)).toMatchObject([
    { level: 'error', text: expect.stringMatching(sentence) },
  ])
  await world.store.transact(tx => tx.enrollments.remove(id))
  await expect(checkPasskeys(world, PARENT)).resolves.toBeUndefined()
})
