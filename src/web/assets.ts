import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Assets } from './page.ts'

/** Where the files of the build are served; their names carry a digest, so they may be kept for ever. */
export const ASSETS_PATH = '/assets/'

/** Reads the build's manifest in `folder`. Throws where a file is missing: the build is broken, not the request. */
export function readAssets(folder: string): Assets {
  // as: our own build wrote it
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, string>
  const address = (name: string): string => {
    const named = manifest[name]
    if (named === undefined) throw new Error(`the build has no ${name}`)
    return ASSETS_PATH + named
  }
  return {
    style: address('portal.css'),
    script: address('portal.js'),
    botCheck: address('bot-check.js'),
    botCheckWorker: address('bot-check-worker.js'),
    password: address('password.js'),
    icon: address('icon.svg'),
  }
}
