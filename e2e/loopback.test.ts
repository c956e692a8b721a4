// A whole reset by a server that has no network but the loopback: nothing of it may ask for another one.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { LoneReset } from './loopback-journey.ts'

const JOURNEY = fileURLToPath(new URL('loopback-journey.ts', import.meta.url))

test('no request of a whole reset leaves the loopback', { timeout: 60_000 }, async () => {
  const namespace = ['--user', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
  const ran = promisify(execFile)('unshare', [...namespace, process.execPath, JOURNEY])
  const { stdout } = await ran.catch((error: Error) => {
    throw new Error(
      `This test needs the right to make a network namespace (unshare --user --net): ${error.message}`,
    )
  })
  // as: what the script of this test wrote
  const told = JSON.parse(stdout) as LoneReset
  expect(told).toEqual({
    state: 'done',
    notices: 2,
    newBinds: true,
    oldBinds: false,
    asked: 0,
    askedByControl: 1,
  })
})
