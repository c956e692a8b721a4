import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Assets } from './page.ts'

/** Where the files of the build are served; their names carry a digest, so they may be kept for ever. */
export const ASSETS_PATH = '/assets/'

/** The addresses of the build in `folder`, by the names of the sources (`portal.css`). Throws for a name it lacks. */
export function assetsIn(folder: string): (name: string) => string {
  // as: our own build wrote it
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, string>
  return name => {
    const named = manifest[name]
    if (named === undefined) throw new Error(`the build has no ${name}`)
    return ASSETS_PATH + named
  }
}

/** What the pages of the portal load. Throws where one is missing: the build is broken, not the request. */
export function readAssets(folder: string): Assets {
  const address = assetsIn(folder)
  return {
    style: address('portal.css'),
    script: address('portal.js'),
    botCheck: address('bot-check.js'),
    botCheckWorker: address('bot-check-worker.js'),
    hostedCheck: address('hosted-check.js'),
    password: address('password.js'),
    passkey: address('passkey.js'),
    icon: address('icon.svg'),
  }
}
