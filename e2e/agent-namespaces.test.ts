// Two hosts on one machine, each in a network namespace of its own: the cloud (server, mail, browser) and the premises
// (Samba AD, agent). Nothing leads inwards; the agent dials out, and a password is reset through it in a browser.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { tempFolder } from '../rig/child.ts'
import { sambaTemplate } from '../rig/samba.ts'
import { CLOUD_IP, CLOUD_NAME, type Crossing } from './agent-namespaces-map.ts'

const CLOUD = fileURLToPath(new URL('agent-namespaces-cloud.ts', import.meta.url))

test('a password is reset in Active Directory through an agent on a host that nothing reaches', {
  timeout: 180_000,
}, async () => {
  sambaTemplate()
  const folder = tempFolder('hosts')
  const hosts = join(folder.path, 'hosts')
  writeFileSync(hosts, `127.0.0.1 localhost\n${CLOUD_IP} ${CLOUD_NAME}\n`)
  const begin = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"'
  // Samba's files belong to more than one account, which a namespace of users does not know.
  const asRoot = userInfo().uid === 0 ? [] : ['--user', '--map-root-user']
  const namespace = [...asRoot, '--net', '--mount', 'sh', '-c', begin, hosts]
  const words = ['--pdeathsig', 'KILL', 'unshare', ...namespace, process.execPath, CLOUD]
  const { stdout } = await promisify(execFile)('setpriv', words).catch((error: Error) => {
    throw new Error(`This test needs the right to make namespaces (unshare --net --mount): ${error.message}`)
  })
  folder.remove()
  // as: what the script of this test wrote
  const told = JSON.parse(stdout) as Crossing & { openHere: [number] }
  expect(told).toMatchObject({
    ...{ openAtUplink: [], openInLan: [], openInLanByRoute: [], listening: [], dialled: 1 },
    agents: expect.stringMatching(/dc1 {2}ad {2}(running|needs attention)/),
    ...{ newBinds: true, oldBinds: false, signedIn: true, faults: [] },
  })
  // The search finds what is there: the server itself, and the directory once the firewall is down.
  expect(told.openHere).toHaveLength(1)
  expect(told.openWithoutFirewall).toContain(636)
})
