import { first } from './0001-first.ts'
import { sessions } from './0002-sessions.ts'
import { tokens } from './0003-tokens.ts'
import { agents } from './0004-agents.ts'
import type { Migration } from './migration.ts'

/** Every migration there is, in order. */
export const MIGRATIONS: readonly Migration[] = [first, sessions, tokens, agents]

/** The schema that this program reads and writes. */
export const SCHEMA = MIGRATIONS.length
