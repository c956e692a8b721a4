// From the deployment file to the provider: what an operator writes is what asks.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { SECRET, SITE_KEY, startHostedCheck } from '../../rig/hosted-check.ts'
import { seededRandom } from '../../rig/random.ts'
import { createLog } from '../lib/log.ts'
import { readDeployment } from './config.ts'
import { createKeyFile, newRing } from './key-file.ts'
import { openWorld } from './wire.ts'

const folder = tempFolder('hosted')
const check = await startHostedCheck()
afterAll(() => check.close())

it('a hosted check is asked where the file says, with its secret, and kept out of the log', async () => {
  createKeyFile(join(folder.path, 'keys.json'), newRing(seededRandom('hosted'), 0))
  writeFileSync(join(folder.path, 'secret'), `${SECRET}\n`, { mode: 0o600 })
  const document = {
    public_url: 'http://localhost:8080',
    data: 'data',
    key_file: 'keys.json',
    help: { name: 'Helpdesk', telephone: '+41 44 000 00 00', hours: '8–18', url: 'tel:+41440000000' },
    mail: { host: 'mail.example.org', from: 'reset@example.org' },
    bot_check: {
      kind: 'hcaptcha',
      site_key: SITE_KEY,
      secret_file: 'secret',
      client_address: 'sent',
      verify_url: check.verifyUrl,
    },
    directories: [{ name: 'local', kind: 'builtin' }],
  }
  const file = join(folder.path, 'postern.yaml')
  writeFileSync(file, JSON.stringify(document))
  const found = readDeployment(file, {})
  if (!found.ok) throw new Error(found.mistakes.join('\n'))
  const lines: string[] = []
  const { world, close } = await openWorld(
    found.deployment,
    createLog(line => lines.push(line)),
  )
  const { botCheck, clock } = world
  const response = check.solution()
  expect(await botCheck.challenge(clock.now(), false)).toEqual({ kind: 'hcaptcha', site_key: SITE_KEY })
  expect(await botCheck.verify(response, clock.now(), '192.0.2.7')).toMatchObject({ ok: true })
  expect(check.calls).toEqual([{ secret: SECRET, response, sitekey: SITE_KEY, remoteip: '192.0.2.7' }])
  check.misbehaves = 'failing'
  await botCheck.verify(check.solution(), clock.now(), '192.0.2.7')
  expect(lines.map(line => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ event: 'bot_check_unavailable', why: 'silent' }),
  )
  expect(lines.join()).not.toMatch(new RegExp(`${SECRET}|192\\.0\\.2\\.7|solution-`))
  await close()
})
