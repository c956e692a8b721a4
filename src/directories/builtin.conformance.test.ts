import { type BuiltinRig, builtinRig, DOMAINS } from '../../rig/builtin.ts'
import { createHashQueue } from '../lib/hash-queue.ts'
import { createPasswordHash } from './builtin/password-hash.ts'
import type { StoredPerson } from './builtin/people.ts'
import { directoryConformance, type Rig, type State } from './conformance.ts'

const CHEAP = { memoryCost: 256, timeCost: 1, parallelism: 1, outputLen: 32 }

// It has no faults of a wire: what a store does to it is in builtin.faults.test.ts.
const KNOWS = {
  states: ['disabled', 'locked', 'must_change', 'expired'],
  groups: true,
  moves: true,
  faults: false,
  tooShort: 'Short 7',
} as const

directoryConformance('builtin', KNOWS, async () => {
  // What the hash costs is no part of this suite.
  const hash = createPasswordHash(createHashQueue(), CHEAP)
  const rig = await builtinRig({ hash })
  const ids = new Map<string, string>()
  const idOf = (login: string): string => ids.get(login) ?? ''
  return {
    directory: rig.directory,
    stop: () => rig.stop(),
    async add({ login, password, mail, displayName }) {
      ids.set(
        login,
        await rig.add(login, password, { mail: mail ? [mail] : [], displayName: displayName ?? login }),
      )
      return [login, `${login}@${DOMAINS[0]}`, `EXAMPLE.TEST\\${login}`, ...(mail ? [mail] : [])]
    },
    become: (login, state) => become(rig, idOf(login), state),
    opens: async (login, password) => {
      const { passwordHash } = await rig.person(idOf(login))
      return await rig.hash.verify(passwordHash, password, AbortSignal.timeout(15_000))
    },
    immutable: async login => [{ attribute: 'id', text: idOf(login) }],
    move: login => rig.change(idOf(login), { login: `${login}-moved` }),
    async group(name, outer, logins) {
      rig.groupsAround[name] = [outer]
      for (const login of logins) await rig.change(idOf(login), { groups: [name] })
      return name
    },
  } satisfies Rig
})

const CHANGES: Partial<Record<State, Partial<StoredPerson>>> = {
  disabled: { status: 'disabled' },
  must_change: { mustChange: true },
  expired: { passwordExpiresAt: 0 },
}

async function become(rig: BuiltinRig, id: string, state: State): Promise<void> {
  const changes = CHANGES[state]
  if (changes) return await rig.change(id, changes)
  for (let wrong = 0; wrong < 10; wrong++) {
    await rig.directory.authenticate(
      { directory: 'people', id },
      'Wrong-Passw0rd',
      AbortSignal.timeout(15_000),
    )
  }
}
