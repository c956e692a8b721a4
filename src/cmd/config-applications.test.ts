import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { readApplications } from './config-applications.ts'
import { ConfigFiles } from './config-files.ts'
import { deploymentSchema } from './config-schema.ts'

const { path: folder, remove } = tempFolder('applications')
afterAll(() => remove())
const SECRET = 'b'.repeat(32)
const secretOf = (name: string, text: string): string => {
  writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 })
  return name
}
const good = secretOf('good', SECRET)
const short = secretOf('short', 'b'.repeat(31))

const read = (...applications: readonly object[]) => {
  const files = new ConfigFiles(folder)
  const raw = deploymentSchema.parse({ applications })
  return { applications: readApplications(raw, files), mistakes: files.mistakes }
}
const intranet = (more: object = {}) => ({
  name: 'Intranet',
  secret_file: good,
  return_addresses: ['https://intranet.example.org/back', 'http://localhost:3000/'],
  ...more,
})

it('an application has a name, a secret of its own, and addresses', () => {
  expect(read(intranet())).toEqual({
    applications: [
      {
        name: 'Intranet',
        secret: SECRET,
        returnAddresses: ['https://intranet.example.org/back', 'http://localhost:3000/'],
      },
    ],
    mistakes: [],
  })
  expect(read()).toEqual({ applications: [], mistakes: [] })
})

it.each<[string, readonly object[], RegExp]>([
  ['a name twice', [intranet(), intranet()], /names Intranet twice/],
  ['a short secret', [intranet({ secret_file: short })], /shorter than 32 characters/],
  ['no file', [intranet({ secret_file: 'none' })], /secret_file names a file that cannot be read/],
  ...[
    'http://intranet.example.org/',
    'https://intranet.example.org',
    'https://user@intranet.example.org/',
    'https://intranet.example.org/#x',
    'javascript:alert(1)',
    '/back',
    'https://INTRANET.example.org/',
  ].map((address): [string, readonly object[], RegExp] => [
    address,
    [intranet({ return_addresses: [address] })],
    /is no return address of Intranet/,
  ]),
])('%s is told as a mistake', (_what, applications, sentence) => {
  expect(read(...applications).mistakes).toEqual([expect.stringMatching(sentence)])
})

it.each([{ name: '' }, { name: 'a\nb' }, { name: 'x'.repeat(41) }, { return_addresses: [] }, { more: 1 }])(
  'the schema refuses %j',
  more => {
    expect(deploymentSchema.safeParse({ applications: [intranet(more)] }).success).toBe(false)
  },
)
