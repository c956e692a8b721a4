import { afterEach, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { announceKeys } from '../agent-keys.ts'
import { type Ends, ownPair } from '../agent-message.ts'
import { type Halves, newSecretHalves } from '../lib/key-pair.ts'
import { createIdentity } from './identity.ts'
import { takeNote } from './key-roll.ts'

let folder: TempFolder | null = null
afterEach(() => folder?.remove())

it('keeps the newest pair of the server newest, whatever older announcement comes again', () => {
  folder = tempFolder('key-roll')
  const [first, second, third] = [newSecretHalves(), newSecretHalves(), newSecretHalves()]
  const idOf = (halves: Halves): string => ownPair(halves).keys.id
  const file = createIdentity(folder.path, {
    ...{ deployment: 'd', agent: 'a', name: 'dc1', own: [newSecretHalves()], since: 0, fresh: null },
    server: [ownPair(first).keys],
  })
  const server = (...own: readonly Halves[]): Ends => ({
    ...{ deployment: 'd', agent: 'a', own: own.map(ownPair), theirs: [] },
  })
  const rolled = announceKeys('server', server(first), ownPair(second))
  const again = announceKeys('server', server(first, second), ownPair(third))
  const take = (text: string) => takeNote(file, { kind: 'announcement', text })
  const known = (): string[] => file.get().server.map(({ id }) => id)
  expect([take(rolled), known()]).toEqual([{ kind: 'pinned', key: idOf(second) }, [first, second].map(idOf)])
  expect([take(again), known()]).toEqual([
    { kind: 'pinned', key: idOf(third) },
    [first, second, third].map(idOf),
  ])
  expect([take(rolled), known()]).toEqual([
    { kind: 'pinned', key: idOf(second) },
    [first, second, third].map(idOf),
  ])
  expect([take(again.replace('A', 'B')), known()]).toEqual(['bad', [first, second, third].map(idOf)])
})
