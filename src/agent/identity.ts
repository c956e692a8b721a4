import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { PublicKeys } from '../agent.ts'
import { type Ends, ownPair, theirPair } from '../agent-message.ts'
import type { Instant } from '../lib/clock.ts'
import type { Halves } from '../lib/key-pair.ts'

/** Who this agent is and whom it trusts: all that enrolment left behind (AGT-03). Kept in a file for its owner alone. */
export type Identity = {
  readonly deployment: string
  readonly agent: string
  readonly name: string
  /** Secret halves, the newest last, which signs; an older one still opens what is on its way. */
  readonly own: readonly Halves[]
  /** When the newest was made. */
  readonly since: Instant
  /** Made and announced; whether the server knows it yet is not known. It opens, and does not sign. */
  readonly fresh: Halves | null
  /** Pinned, the newest last, which is sealed to. */
  readonly server: readonly PublicKeys[]
}

export type IdentityFile = {
  get(): Identity
  /** As both sides of `agent-message.ts` and `agent-hello.ts` want it. */
  ends(): Ends
  /** On the disk when it returns. */
  save(identity: Identity): void
}

const NAME = 'identity.json'
export const identityPath = (folder: string): string => join(folder, NAME)

/** Throws an Error with a sentence for the operator where there is none, or others may read it (AGT-17). */
export function openIdentity(folder: string): IdentityFile {
  const path = identityPath(folder)
  const { mode } = statSync(path)
  if ((mode & 0o077) !== 0 && process.platform !== 'win32')
    throw new Error(`${path} may be read by others; only its owner may (chmod 600).`)
  // as: this program wrote it, and nobody else may.
  const identity = JSON.parse(readFileSync(path, 'utf8')) as Identity
  // No call that was sealed to an older pair is still on its way to a program that starts.
  return keepIdentity(folder, { ...identity, own: identity.own.slice(-1) })
}

/** The first of this folder, or another one in its place. */
export function createIdentity(folder: string, identity: Identity): IdentityFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  write(folder, identity)
  return keepIdentity(folder, identity)
}

function keepIdentity(folder: string, first: Identity): IdentityFile {
  let identity = first
  let ends = endsOf(first)
  return {
    get: () => identity,
    ends: () => ends,
    save(next) {
      write(folder, next)
      identity = next
      ends = endsOf(next)
    },
  }
}

const endsOf = ({ deployment, agent, own, fresh, server }: Identity): Ends => ({
  deployment,
  agent,
  own: [...(fresh ? [fresh] : []), ...own].map(ownPair),
  theirs: server.map(theirPair),
})

/** Whole or not at all, also where the power fails in between. */
function write(folder: string, identity: Identity): void {
  const path = identityPath(folder)
  const file = openSync(`${path}.new`, 'w', 0o600)
  writeSync(file, JSON.stringify(identity))
  fsyncSync(file)
  closeSync(file)
  renameSync(`${path}.new`, path)
  if (process.platform === 'win32') return // a folder cannot be opened there
  const place = openSync(folder, 'r')
  fsyncSync(place)
  closeSync(place)
}
