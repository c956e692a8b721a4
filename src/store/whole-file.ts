import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a file that is complete or not there at all: `fill` writes a draft beside it, which takes its name once it is on
 * the disk. Throws where `target` exists.
 */
export async function writeWhole(
  target: string,
  fill: (draft: string) => void | Promise<void>,
): Promise<void> {
  if (existsSync(target)) throw new Error(`${target} exists already; a backup never overwrites a file.`)
  const draft = `${target}.draft`
  rmSync(draft, { force: true })
  try {
    await fill(draft)
    flush(draft)
    renameSync(draft, target)
  } finally {
    rmSync(draft, { force: true })
  }
  flush(dirname(target))
}

/** A new, empty file for its owner alone, as a descriptor. */
export const createOwn = (path: string): number => openSync(path, 'wx', 0o600)

/** To the disk, before anything relies on it. */
export function flush(path: string): void {
  const opened = openSync(path, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
