import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { main } from './agent.ts'
import { readAgentConfig } from './agent-config.ts'

const folder = tempFolder('agent-config')
afterAll(() => folder.remove())
writeFileSync(join(folder.path, 'bind'), 'a secret of the bind account\n', { mode: 0o600 })

const DIRECTORY = {
  ...{ name: 'people', kind: 'openldap', hosts: ['ldaps://ldap.example.test'], base: 'dc=example,dc=test' },
  ...{ bind_dn: 'cn=reset,dc=example,dc=test', bind_password_file: 'bind', protected_groups: ['admins'] },
}
const GOOD = { server: 'https://reset.example.test', name: 'dc1', state: 'state', directory: DIRECTORY }

function written(file: unknown): string {
  const path = join(folder.path, 'agent.yaml')
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
  return path
}
const mistakes = (file: unknown): readonly string[] => {
  const read = readAgentConfig(written(file))
  return read.ok ? [] : read.mistakes
}

test('the least that an agent needs, and what it does by itself then', () => {
  const read = readAgentConfig(written(GOOD))
  expect(read).toMatchObject({
    ok: true,
    config: {
      ...{ server: 'https://reset.example.test', name: 'dc1', state: join(folder.path, 'state') },
      directory: { name: 'people', bindPassword: 'a secret of the bind account' },
      policy: {
        ...{ allowedOus: null, protectedGroups: ['admins'], resetsPerMinute: 60 },
        operations: ['reset', 'change', 'unlock', 'authenticate', 'browse'],
      },
      transport: { proxy: null, ca: null, spkiPin: null },
    },
  })
})

test('the example in deploy has no mistake but the files that it names', () => {
  const read = readAgentConfig(fileURLToPath(new URL('../../deploy/agent.yaml', import.meta.url)))
  const found = read.ok ? [] : read.mistakes
  expect(found.length).toBeGreaterThan(0)
  expect(found.filter(mistake => !/cannot be read \(ENOENT\)/.test(mistake))).toEqual([])
})

test('what the operator narrows is what holds', () => {
  const policy = {
    ...{ allowed_ous: ['ou=staff,dc=example,dc=test'], protected_groups: ['cn=board,dc=example,dc=test'] },
    ...{ operations: ['reset'], resets_per_minute: 5 },
  }
  const read = readAgentConfig(written({ ...GOOD, policy, proxy: 'http://proxy.example.test:3128' }))
  expect(read.ok && [read.config.policy, read.config.transport.proxy]).toEqual([
    {
      ...{ allowedOus: policy.allowed_ous, operations: ['reset'], resetsPerMinute: 5 },
      protectedGroups: ['cn=board,dc=example,dc=test', 'admins'],
    },
    'http://proxy.example.test:3128',
  ])
})

test.each<[string, unknown, RegExp]>([
  ['no YAML', 'server: [', /line 1: this is not YAML/],
  [
    'the file of a server',
    { public_url: 'https://reset.example.test', data: 'data' },
    /deployment file of a server/,
  ],
  ['an unknown key', { ...GOOD, listen: '127.0.0.1:1' }, /deployment file of a server/],
  ['a misspelt key', { ...GOOD, servers: 'x' }, /^servers is not a key/],
  ['no server', { ...GOOD, server: undefined }, /^server is missing: the public address/],
  ['a server without TLS', { ...GOOD, server: 'http://reset.example.test' }, /^server must be/],
  ['a server with a path', { ...GOOD, server: 'https://reset.example.test/x' }, /^server must be/],
  ['a name with capitals', { ...GOOD, name: 'DC1' }, /^name is not what is expected there: /],
  [
    'a directory of its own accounts',
    { ...GOOD, directory: { name: 'x', kind: 'builtin' } },
    /^directory.kind must be/,
  ],
  [
    'an agent behind an agent',
    { ...GOOD, directory: { name: 'x', kind: 'agent' } },
    /^directory.kind must be/,
  ],
  [
    'no host',
    { ...GOOD, directory: { ...DIRECTORY, hosts: undefined } },
    /^directory.hosts is missing: a list/,
  ],
  [
    'a secret that is not there',
    { ...GOOD, directory: { ...DIRECTORY, bind_password_file: 'no' } },
    /^directory.bind_password_file names a file that cannot be read/,
  ],
  [
    'an operation that is none',
    { ...GOOD, policy: { operations: ['search'] } },
    /^policy.operations\[0\] is not what is expected there: /,
  ],
  ['a pin that is none', { ...GOOD, spki_pin: 'abc' }, /^spki_pin is not what is expected there: /],
  ['a proxy by TLS', { ...GOOD, proxy: 'https://proxy.example.test' }, /^proxy must be/],
])('%s is told in a sentence', (_what, file, sentence) => {
  expect(mistakes(file)).toContainEqual(expect.stringMatching(sentence))
})

async function ran(words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const code = await main(words, {
    input: Readable.from([]),
    out: text => {
      said.out += text
    },
    err: text => {
      said.err += text
    },
  })
  return { code, ...said }
}

test('without a file, with two words, or with an unknown one the usage is shown', async () => {
  for (const words of [
    [],
    ['enroll'],
    ['serve', '--config', 'x'],
    ['enroll', 'x', '--config', 'x'],
    ['--port', '1'],
  ])
    expect(await ran(words)).toMatchObject({
      code: 2,
      err: expect.stringContaining('postern agent enroll --config FILE'),
    })
})

test('who is not enrolled does not run, and a code that is none enrols nobody', async () => {
  const config = written(GOOD)
  const told = await ran(['--config', config])
  expect(told).toMatchObject({ code: 1, err: expect.stringMatching(/run "postern agent enroll" first/) })
  expect(await ran(['enroll', '--config', config])).toMatchObject({
    code: 1,
    err: 'That is no code: it has 26 letters and digits.\n',
  })
})
