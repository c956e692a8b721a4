import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, expect, test, vi } from 'vitest'
import { makePki } from '../../rig/pki.ts'
import { createLog } from '../lib/log.ts'
import { readPair, renewCertificate } from './certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-certificate-'))
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
  rmSync(folder, { recursive: true, force: true })
})

/** The name in the certificate that a new connection is shown. */
const shownName = (port: number): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subjectaltname)
      socket.destroy()
    })
    socket.once('error', reject)
  })

test('a renewed certificate is taken while the server runs, a pair that does not fit is not', async () => {
  const first = makePki(join(folder, 'first'), '127.0.0.1', ['first.example.org'])
  const second = makePki(join(folder, 'second'), '127.0.0.1', ['second.example.org'])
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  copyFileSync(first.cert, files.certFile)
  copyFileSync(first.key, files.keyFile)
  const server = createServer(readPair(files)).listen(0, '127.0.0.1')
  ends.push(() => server.close())
  await vi.waitUntil(() => server.listening)
  const { port } = server.address() as AddressInfo
  const lines: string[] = []
  ends.push(
    renewCertificate(
      server,
      files,
      createLog(line => lines.push(line)),
      5,
    ),
  )

  expect(await shownName(port)).toContain('first.example.org')
  copyFileSync(second.cert, files.certFile)
  await vi.waitUntil(() => lines.length === 1)
  expect(lines[0]).toContain('the former one stays')
  expect(await shownName(port)).toContain('first.example.org')

  copyFileSync(second.key, files.keyFile)
  await vi.waitUntil(() => lines.length === 2)
  expect(await shownName(port)).toContain('second.example.org')

  writeFileSync(files.certFile, '')
  await vi.waitUntil(() => lines.length === 3)
  expect(await shownName(port)).toContain('second.example.org')
})
