// Known browsers and strangers each have tries of their own; together they stay below what locks an account (RL-13).
import { expect, it } from 'vitest'
import { configOf } from '../../rig/openldap.ts'
import { personDn, startSlapd } from '../../rig/slapd.ts'
import { solved, testWorld } from '../../rig/world.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import { AppError } from '../errors.ts'
import { systemClock } from '../lib/clock.ts'
import { signIn } from './sign-in.ts'

it.each([4, 6])('wrong passwords of both kinds of browsers do not reach a threshold of %i', async max => {
  const slapd = await startSlapd({
    users: [{ uid: 'ana', cn: 'Ana Sample', password: 'the right one 1' }],
    policy: { pwdMaxFailure: max },
  })
  const directory = createLdapDirectory(configOf(slapd, slapd.url), systemClock)
  const world = await testWorld([directory])
  const said: string[] = []
  for (const isKnown of [false, true])
    for (let n = 0; n < 4; n += 1) {
      const asked = {
        login: 'ana',
        password: `wrong ${n}`,
        botCheck: await solved(world),
        locale: 'en',
        shared: false,
      }
      const caller = { source: `198.51.100.${n}`, browser: null, provedBefore: () => isKnown }
      said.push(
        await signIn(world, asked, caller).then(
          signed => signed.said,
          (error: unknown) => (error instanceof AppError ? error.code : 'internal'),
        ),
      )
    }
  expect(new Set(said)).toEqual(new Set(['wrong', 'too-many']))
  expect((await slapd.hand.tryBind(personDn('ana'), 'the right one 1')).ok).toBe(true)
  await world.store.close()
  await directory.close()
  await slapd.stop()
})
