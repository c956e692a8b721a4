import { hash, parseOptions } from '@node-rs/argon2'
import type { HashQueue } from '../lib/hash-queue.ts'

/** Argon2id, 19 MiB, two passes, one lane (OWASP password storage; security.md, default numbers). */
const TODAY = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
export const SALT_BYTES = 16

/** One answer in its normal form, and the salt of its own. */
export type Salted = { readonly answer: string; readonly salt: Uint8Array }
/** One answer, and the hash whose salt and parameters it is hashed with. */
export type Compared = { readonly answer: string; readonly like: string }

export type AnswerHash = {
  /** PHC strings, in order. Throws QueueFullError, or the signal's reason. */
  fresh(answers: readonly Salted[], signal: AbortSignal): Promise<string[]>
  /** What each answer would be kept as: it is right where this equals what is kept. */
  again(answers: readonly Compared[], signal: AbortSignal): Promise<string[]>
}

/** `queue` is everybody's: the answers of one person are one batch of it (DOS-04). */
export const createAnswerHash = (queue: HashQueue): AnswerHash => ({
  fresh: (answers, signal) =>
    queue.runAll(answers, ({ answer, salt }) => hash(answer, { ...TODAY, salt }), signal),
  again: (answers, signal) =>
    queue.runAll(answers, ({ answer, like }) => hash(answer, parametersOf(like)), signal),
})

/** Of random bytes: of the shape of a hash, and of no answer. */
export const hashOfNobody = (salt: Uint8Array, output: Uint8Array): string =>
  `$argon2id$v=19$m=${TODAY.memoryCost},t=${TODAY.timeCost},p=${TODAY.parallelism}$${unpadded(salt)}$${unpadded(output)}`

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '')

/** We wrote it: a PHC string whose last two parts are salt and hash. */
function parametersOf(like: string) {
  const { algorithm, version, memoryCost, timeCost, parallelism, outputLen } = parseOptions(like)
  const salt = Buffer.from(like.split('$').at(-2) ?? '', 'base64')
  return { algorithm, version, memoryCost, timeCost, parallelism, outputLen, salt }
}
