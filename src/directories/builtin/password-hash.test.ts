import { expect, test } from 'vitest'
import { builtinRig } from '../../../rig/builtin.ts'
import { createHashQueue } from '../../lib/hash-queue.ts'
import { createPasswordHash } from './password-hash.ts'

const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const today = createPasswordHash(createHashQueue())

test('a hash is Argon2id at 19 MiB and two passes, says so, and has a salt of its own', async () => {
  const [one, two] = [await today.hash('same', soon()), await today.hash('same', soon())]
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(one).not.toBe(two)
  expect(await today.verify(one, 'same', soon())).toBe(true)
  expect(await today.verify(one, 'Same', soon())).toBe(false)
})

test('nothing is cut: not at 72 bytes, not at NUL, and forms of one letter stay apart', async () => {
  const pairs = [
    [`${'x'.repeat(72)}a`, `${'x'.repeat(72)}b`],
    ['before\0after', 'before'],
    ['é'.normalize('NFC'), 'é'.normalize('NFD')],
    ['ﬁ', 'fi'],
  ] as const
  for (const [typed, other] of pairs) {
    const stored = await today.hash(typed, soon())
    expect(await today.verify(stored, typed, soon())).toBe(true)
    expect(await today.verify(stored, other, soon())).toBe(false)
  }
})

test('what is no hash opens nothing, the password of nobody included', async () => {
  for (const stored of ['', '$argon2id$', 'plain'])
    expect(await today.verify(stored, 'nobody has this password', soon())).toBe(false)
})

test('a hash with other parameters still opens, and is made anew at the next sign-in, which is no change', async () => {
  const former = createPasswordHash(createHashQueue(), {
    memoryCost: 256,
    timeCost: 1,
    parallelism: 1,
    outputLen: 32,
  })
  const old = await former.hash('password-0', soon())
  expect(today.isOutdated(old)).toBe(true)
  const rig = await builtinRig()
  const id = await rig.add('ana', null, { passwordHash: old })
  const ref = { directory: 'people', id }
  const before = await rig.directory.read(ref, soon())
  expect(await rig.directory.authenticate(ref, 'password-1', soon())).toBe('no')
  expect((await rig.person(id)).passwordHash).toBe(old)
  expect(await rig.directory.authenticate(ref, 'password-0', soon())).toBe('yes')
  expect(today.isOutdated((await rig.person(id)).passwordHash)).toBe(false)
  expect(await rig.directory.authenticate(ref, 'password-0', soon())).toBe('yes')
  expect(await rig.directory.outcome(ref, before?.mark ?? '', soon())).toBe('unchanged')
  await rig.stop()
})

test('an unknown id costs as many hashes as a known one', async () => {
  let verified = 0
  const counted = {
    ...today,
    verify: (...args: Parameters<typeof today.verify>) => {
      verified++
      return today.verify(...args)
    },
  }
  const rig = await builtinRig({ hash: counted })
  const known = await rig.add('ana', 'password-0')
  const disabled = await rig.add('ben', 'password-0', { status: 'disabled' })
  const locked = await rig.add('cem', 'password-0', { lockedUntil: rig.clock.now() + 1_000 })
  for (const id of [known, disabled, locked, 'nobody', ''])
    for (const password of ['wrong', '', 'nul\0']) {
      verified = 0
      await rig.directory.authenticate({ directory: 'people', id }, password, soon())
      expect(verified).toBe(1)
    }
  await rig.stop()
})
