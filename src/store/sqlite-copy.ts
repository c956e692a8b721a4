import { existsSync, renameSync, rmSync } from 'node:fs'
import { copyDatabase } from './backup-sqlite.ts'
import { SCHEMA } from './migrations/all.ts'

/** Where the copy of a database lies that was made before it was migrated from schema `found`. */
export const copyName = (file: string, found: number): string => `${file}.schema-${found}`

/** Copies the file before it is migrated; an empty or a current one needs none. The copy is complete or not there. */
export function keepCopy(file: string, found: number): void {
  if (file === ':memory:' || found === 0 || found >= SCHEMA) return
  const target = copyName(file, found)
  if (existsSync(target)) return
  const draft = `${target}.draft`
  rmSync(draft, { force: true })
  copyDatabase(file, draft)
  renameSync(draft, target)
}
