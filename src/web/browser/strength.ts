import { type Match, ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'

/** Longer ones cost much to judge and are strong anyway. */
const CHARACTERS = 64

/** The server refuses one or two of the most common words with digits (`src/banned.ts`); no hint praises them. */
const COMMON_WORDS = { most: 2, rank: 10_000 }
const EASY = 1

const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })

/** From 0, guessed at once, to 4. A hint only: it refuses nothing. */
export function strengthOf(password: string): number {
  const { score, sequence } = zxcvbn.check(password.slice(0, CHARACTERS))
  return isCommonWords(sequence) ? Math.min(score, EASY) : score
}

function isCommonWords(parts: readonly Match[]): boolean {
  const isWord = (part: Match): boolean => part.pattern === 'dictionary' && part['rank'] <= COMMON_WORDS.rank
  const words = parts.filter(isWord)
  const rest = parts.filter(part => !isWord(part)).map(part => part.token)
  return words.length > 0 && words.length <= COMMON_WORDS.most && !/\p{L}/u.test(rest.join(''))
}
