import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'

/** Longer ones cost much to judge and are strong anyway. */
const CHARACTERS = 64

const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })

/** From 0, guessed at once, to 4. A hint only: it refuses nothing. */
export const strengthOf = (password: string): number => zxcvbn.check(password.slice(0, CHARACTERS)).score
