import { type AccountRef, refKey } from '../account.ts'
import type { Keys } from '../lib/seal.ts'

/** The pseudonym that stands for an account wherever something is kept about it (decisions 2.6): stable for ever. */
export const subjectOf = (keys: Keys, ref: AccountRef): string => keys.pseudonym('account', refKey(ref))

/** The pseudonym of a login, known or not, for START budgets and decoys. `login` was normalised before. */
export const subjectOfLogin = (keys: Keys, login: string): string => keys.pseudonym('login', login)
