import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { makePki } from '../../rig/pki.ts'
import { seededRandom } from '../../rig/random.ts'
import { readDeployment } from './config.ts'
import { createKeyFile, newRing } from './key-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(() => {
  createKeyFile(join(folder, 'keys.json'), newRing(seededRandom('config'), 0))
  makePki(join(folder, 'pki'), '127.0.0.1', ['reset.example.org'])
  writeFileSync(join(folder, 'bind'), 'a long bind secret\n', { mode: 0o600 })
  writeFileSync(join(folder, 'empty'), '\n', { mode: 0o600 })
  writeFileSync(join(folder, 'placeholder'), 'change-me\n', { mode: 0o600 })
  writeFileSync(join(folder, 'lines'), 'one\ntwo\n', { mode: 0o600 })
  writeFileSync(join(folder, 'open'), 'a long bind secret', { mode: 0o600 })
  chmodSync(join(folder, 'open'), 0o644)
  writeFileSync(join(folder, 'database'), 'postgres://postern:pw@db.example.org/postern\n', { mode: 0o600 })
})

const LDAP = {
  name: 'people',
  kind: 'openldap',
  hosts: ['ldaps://ldap.example.org'],
  bind_dn: 'cn=postern,dc=example,dc=org',
  bind_password_file: 'bind',
  base: 'dc=example,dc=org',
  domains: ['example.org'],
}

const GOOD = {
  public_url: 'https://reset.example.org',
  data: 'data',
  key_file: 'keys.json',
  help: { name: 'Helpdesk', telephone: '+41 44 000 00 00', hours: '8–18', url: 'https://help.example.org' },
  mail: { host: 'mail.example.org', from: 'Example <reset@example.org>' },
  directories: [{ name: 'local', kind: 'builtin', domains: ['example.org'] }, LDAP],
}

type Change = Readonly<Record<string, unknown>>

function read(change: Change = {}, mode = 0o600) {
  const file = join(folder, 'postern.yaml')
  const document = Object.fromEntries(
    Object.entries({ ...GOOD, ...change }).filter(([, value]) => value !== undefined),
  )
  writeFileSync(file, stringify(document))
  chmodSync(file, mode)
  return readDeployment(file, {})
}

const mistakes = (change: Change, mode = 0o600): readonly string[] => {
  const found = read(change, mode)
  return found.ok ? [] : found.mistakes
}

test('a good file is read whole, with the files it names', () => {
  const found = read()
  expect(found).toMatchObject({
    ok: true,
    deployment: {
      publicUrl: 'https://reset.example.org',
      listen: { host: '127.0.0.1', port: 8080 },
      tls: null,
      storage: { kind: 'sqlite', folder: join(folder, 'data') },
      profile: { name: 'standard' },
      mail: { port: 587, tls: 'starttls', login: undefined },
      botCheck: { kind: 'altcha' },
      passkeys: { rpId: 'reset.example.org' },
      applications: [],
      directories: [
        { name: 'local', kind: 'builtin', domains: ['example.org'] },
        {
          kind: 'openldap',
          ownDomains: ['example.org'],
          bindPassword: 'a long bind secret',
          attributes: undefined,
        },
      ],
      warnings: [],
    },
  })
  expect(found.ok && found.deployment.ring).toHaveLength(4)
})

const ldap = (change: Change) => ({ directories: [{ ...LDAP, ...change }] })
const mail = (change: Change) => ({ mail: { ...GOOD.mail, ...change } })

test.each<[string, Change, RegExp]>([
  ['no public address', { public_url: undefined }, /^public_url is missing: the address/],
  ['a public address with a path', { public_url: 'https://a.example.org/reset' }, /^public_url must be/],
  [
    'a public address in the clear',
    { public_url: 'http://a.example.org' },
    /^public_url must begin with https/,
  ],
  ['no key file', { key_file: undefined }, /^key_file is missing: the key ring/],
  ['a key file that is not there', { key_file: 'none.json' }, /none\.json cannot be read \(ENOENT\)/],
  ['no directory', { directories: undefined }, /^directories is missing/],
  ['an empty list of directories', { directories: [] }, /^directories is not what is expected/],
  ['no mail', { mail: undefined }, /^mail is missing/],
  ['mail without a server', mail({ host: undefined }), /^mail\.host is missing/],
  ['mail without a sender', mail({ from: 'reset' }), /^mail\.from is not what is expected/],
  ['a header in the sender', mail({ from: 'a\r\nBcc: x@example.org <a@example.org>' }), /^mail\.from is not/],
  ['a user without a password', mail({ user: 'postern' }), /belong together/],
  [
    'mail in the clear',
    mail({ tls: 'none' }),
    /^mail\.tls is not what is expected there: starttls or implicit/,
  ],
  ['no way to a human', { help: undefined }, /^help is missing: the way to a human/],
  ['a human without a number', { help: { ...GOOD.help, telephone: '' } }, /^help\.telephone is not/],
  [
    'a script as the way to a human',
    { help: { ...GOOD.help, url: 'javascript:alert(1)' } },
    /^help\.url is not/,
  ],
  ['nowhere to keep anything', { data: undefined }, /^Exactly one of data/],
  ['two places to keep things', { database_url: 'postgres://db/x' }, /^Exactly one of data/],
  ['another database', { data: undefined, database_url: 'mysql://db/x' }, /^database_url is not/],
  ['a misspelt key', { pubic_url: 'x' }, /^pubic_url is not a key that Postern knows/],
  ['a misspelt key further in', mail({ hots: 'x' }), /^mail\.hots is not a key that Postern knows/],
  ['a misspelt key of a directory', ldap({ bnd_dn: 'x' }), /^directories\[0\]\.bnd_dn is not a key/],
  ['a name as the place to listen', { listen: 'example.org:80' }, /^listen is not what is expected/],
  ['plain HTTP to everybody', { listen: '0.0.0.0:80' }, /^listen is 0\.0\.0\.0:80: without tls/],
  ['a proxy that is everybody', { trusted_proxies: ['0.0.0.0/0'] }, /trusts everybody's word/],
  [
    'a proxy that is no network',
    { trusted_proxies: ['10.0.0.0/40'] },
    /^trusted_proxies holds 10\.0\.0\.0\/40/,
  ],
  [
    'a certificate that is not there',
    { tls: { cert_file: 'a', key_file: 'pki/key.pem' } },
    /^tls\.cert_file names a file/,
  ],
  ['passkeys of another site', { passkeys: { rp_id: 'evil.example' } }, /^passkeys\.rp_id is evil\.example/],
  ['passkeys of a part of a name', { passkeys: { rp_id: 'ample.org' } }, /^passkeys\.rp_id is ample\.org/],
  ['passkeys of a whole country', { passkeys: { rp_id: 'org' } }, /it must be reset\.example\.org, the host/],
  ['an unknown profile', { profile: 'lax' }, /^profile is not what is expected there: standard or strict/],
  [
    'a hosted bot check without its secret',
    { bot_check: { kind: 'turnstile', site_key: 'x' } },
    /^bot_check\.secret_file is missing/,
  ],
  [
    'a secret for the own bot check',
    { bot_check: { kind: 'altcha', site_key: 'x' } },
    /site_key has no meaning/,
  ],
  ['LDAP without hosts', ldap({ hosts: undefined }), /^directories\[0\]\.hosts is missing: a list such as/],
  ['LDAP without a base', ldap({ base: undefined }), /^directories\[0\]\.base is missing/],
  ['LDAP by a web address', ldap({ hosts: ['https://ldap.example.org'] }), /^directories\[0\]\.hosts is not/],
  ['LDAP without a password', ldap({ bind_password_file: undefined }), /bind_password_file is missing/],
  ['an empty password file', ldap({ bind_password_file: 'empty' }), /a file without a secret in it/],
  ['a placeholder as password', ldap({ bind_password_file: 'placeholder' }), /holds a placeholder/],
  ['a password of two lines', ldap({ bind_password_file: 'lines' }), /more than one line/],
  [
    'an authority that is none',
    ldap({ ca_file: 'bind' }),
    /^directories\[0\]\.ca_file names a file that is not/,
  ],
  ['one name twice', { directories: [LDAP, LDAP] }, /^directories\[1\]\.name is taken: people/],
  [
    'two built-in ones',
    {
      directories: [
        { name: 'a', kind: 'builtin' },
        { name: 'b', kind: 'builtin' },
      ],
    },
    /not more/,
  ],
  [
    'hosts of the built-in one',
    { directories: [{ name: 'a', kind: 'builtin', hosts: ['x'] }] },
    /has no meaning/,
  ],
  ['an unknown attribute', ldap({ attributes: { mobile: ['x'] } }), /attributes\.mobile is not a key/],
])('%s is told in one sentence', (_what, change, expected) => {
  const found = mistakes(change)
  expect(found).toEqual([expect.stringMatching(expected)])
  expect(found[0]).toMatch(/\.$|chmod 600 \S+$/)
})

test('every mistake is told at once, each once', () => {
  const found = mistakes({
    public_url: undefined,
    key_file: undefined,
    directories: undefined,
    help: undefined,
    mail: mail({ host: 5, port: 'x' }).mail,
    data: undefined,
    nonsense: 1,
  })
  expect(found).toHaveLength(8)
  expect(new Set(found).size).toBe(8)
})

test('an empty file says what is missing', () => {
  const file = join(folder, 'nothing.yaml')
  writeFileSync(file, '')
  const found = readDeployment(file, {})
  expect(found.ok || found.mistakes.map(mistake => mistake.split(' ')[0])).toEqual([
    'public_url',
    'key_file',
    'help',
    'mail',
    'directories',
    'Exactly',
  ])
})

test.each([
  ['a: [', /line 1: this is not YAML/],
  ['public_url: x\npublic_url: y', /line 2: this is not YAML \(duplicate key\)/],
  ['- a list', /must hold keys and values/],
])('a file that is no document is told: %s', (text, expected) => {
  const file = join(folder, 'broken.yaml')
  writeFileSync(file, text)
  const found = readDeployment(file, {})
  expect(found.ok || found.mistakes.join('\n')).toMatch(expected)
})

test('a file that is not there is told', () => {
  const found = readDeployment(join(folder, 'absent.yaml'), {})
  expect(found.ok || found.mistakes[0]).toMatch(/absent\.yaml cannot be read \(ENOENT\)/)
})

test('a password in the address of the database needs a file that others cannot read', () => {
  const change = { data: undefined, database_url: 'postgres://postern:pw@db.example.org/postern' }
  expect(mistakes(change, 0o644)).toEqual([expect.stringMatching(/others must not read/)])
  expect(mistakes(change, 0o600)).toEqual([])
  expect(read({ data: undefined, database_url_file: 'database' })).toMatchObject({
    ok: true,
    deployment: { storage: { kind: 'postgres', url: 'postgres://postern:pw@db.example.org/postern' } },
  })
})

test('plain HTTP may listen to everybody behind a named proxy, and TLS anywhere', () => {
  expect(mistakes({ listen: '0.0.0.0:80', trusted_proxies: ['10.0.0.0/24', '::1'] })).toEqual([])
  const pair = { cert_file: 'pki/cert.pem', key_file: 'pki/key.pem' }
  expect(mistakes({ listen: '[::]:443', tls: pair })).toEqual([])
  const strangers = { cert_file: 'pki/ca.pem', key_file: 'pki/key.pem' }
  expect(mistakes({ listen: '[::]:443', tls: strangers })).toEqual([
    expect.stringMatching(/do not belong together/),
  ])
})

test('a secret that everybody may read is warned of', () => {
  const found = read(ldap({ bind_password_file: 'open' }))
  expect(found.ok && found.deployment.warnings).toEqual([
    expect.stringMatching(/Everybody on this machine may read/),
  ])
})

test('passkeys may belong to a domain that the public address lies in', () => {
  const found = read({ passkeys: { rp_id: 'Example.org' } })
  expect(found.ok && found.deployment.passkeys).toEqual({ rpId: 'example.org' })
})

test('passkeys need a name, and a public address without one is warned of', () => {
  const found = read({ public_url: 'http://127.0.0.1:8080' })
  expect(found.ok && found.deployment.warnings).toEqual([
    expect.stringContaining('browsers take no passkeys'),
  ])
})
