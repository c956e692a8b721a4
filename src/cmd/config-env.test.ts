import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { seededRandom } from '../../rig/random.ts'
import { readDeployment } from './config.ts'
import { environmentNames } from './config-env.ts'
import { deploymentSchema } from './config-schema.ts'
import { createKeyFile, newRing } from './key-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-env-'))
const GOOD = {
  public_url: 'https://reset.example.org',
  data: join(folder, 'data'),
  key_file: join(folder, 'keys.json'),
  help: { name: 'Helpdesk', telephone: '+41 44 000 00 00', hours: '8–18', url: 'https://help.example.org' },
  mail: { host: 'mail.example.org', from: 'reset@example.org' },
  directories: [
    { name: 'local', kind: 'builtin' },
    {
      name: 'people',
      kind: 'openldap',
      hosts: ['ldaps://ldap.example.org'],
      bind_dn: 'cn=postern',
      bind_password_file: join(folder, 'bind'),
      base: 'dc=org',
    },
  ],
}

beforeAll(() => {
  createKeyFile(GOOD.key_file, newRing(seededRandom('environment'), 0))
  writeFileSync(join(folder, 'bind'), 'a long bind secret', { mode: 0o600 })
  writeFileSync(join(folder, 'postern.yaml'), stringify(GOOD))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (env: Readonly<Record<string, string>>) => readDeployment(join(folder, 'postern.yaml'), env)

test('every key can come from the environment, and wins there', () => {
  const found = read({
    POSTERN_PUBLIC_URL: 'https://other.example.org',
    POSTERN_MAIL_PORT: '2525',
    POSTERN_TRUSTED_PROXIES: '10.0.0.0/24, 10.0.1.0/24',
    POSTERN_DIRECTORIES_1_BASE: 'ou=people,dc=example,dc=org',
    POSTERN_DIRECTORIES_1_PROTECTED_GROUPS: 'cn=a,dc=example,dc=org\ncn=b,dc=example,dc=org',
    POSTERN_DIRECTORIES_1_ATTRIBUTES_RECOVERY_EMAIL: 'otherMailbox',
    POSTERN_HELP_HOURS: '',
  })
  expect(found).toMatchObject({
    ok: true,
    deployment: {
      publicUrl: 'https://other.example.org',
      mail: { host: 'mail.example.org', port: 2525 },
      trustedProxies: ['10.0.0.0/24', '10.0.1.0/24'],
      help: { hours: '8–18' },
      directories: [
        { name: 'local' },
        {
          base: 'ou=people,dc=example,dc=org',
          protectedGroups: ['cn=a,dc=example,dc=org', 'cn=b,dc=example,dc=org'],
          attributes: { recoveryEmail: ['otherMailbox'] },
        },
      ],
      warnings: [],
    },
  })
})

test('no file is needed where the environment says everything', () => {
  const env = flatten(GOOD, 'POSTERN')
  expect(env['POSTERN_DIRECTORIES_1_KIND']).toBe('openldap')
  expect(readDeployment(null, env)).toEqual(read({}))
  const found = readDeployment(null, { ...env, POSTERN_DIRECTORIES_1_BASE: '' })
  expect(found).toEqual({
    ok: false,
    mistakes: [expect.stringMatching(/^directories\[1\]\.base is missing/)],
  })
})

function flatten(value: unknown, at: string): Record<string, string> {
  if (typeof value !== 'object' || value === null) return { [at]: String(value) }
  if (Array.isArray(value) && typeof value[0] !== 'object') return { [at]: value.join(',') }
  const inner = Object.entries(value).map(([key, item]) => flatten(item, `${at}_${key.toUpperCase()}`))
  return Object.assign({}, ...inner)
}

test('a value of the wrong kind is told as one of the file', () => {
  const found = read({ POSTERN_MAIL_PORT: 'smtp', POSTERN_PROFILE: 'lax' })
  expect(found.ok || found.mistakes.map(mistake => mistake.split(' ')[0]).sort()).toEqual([
    'mail.port',
    'profile',
  ])
})

test('a secret comes from a file that the environment names, never from the environment itself', () => {
  const { data: _data, ...rest } = GOOD
  const env = {
    ...flatten(rest, 'POSTERN'),
    POSTERN_DATABASE_URL: 'postgres://postern:pw@db.example.org/postern',
  }
  expect(readDeployment(null, env)).toEqual({
    ok: false,
    mistakes: [expect.stringMatching(/POSTERN_DATABASE_URL_FILE/)],
  })
  expect(
    readDeployment(null, { ...env, POSTERN_DATABASE_URL: 'postgres://db.example.org/postern' }),
  ).toMatchObject({ ok: true })
})

test('an environment name that means nothing is warned of', () => {
  const found = read({ POSTERN_MAIL_HOTS: 'x', POSTERN_CONFIG: 'y', PATH: 'z' })
  expect(found.ok && found.deployment.warnings).toEqual([
    'The environment sets POSTERN_MAIL_HOTS, which names no key.',
  ])
})

test('a directory that the environment only begins is told', () => {
  const found = read({ POSTERN_DIRECTORIES_3_NAME: 'z' })
  expect(found.ok || found.mistakes).toContainEqual(
    expect.stringMatching(/^directories\[2\]\.name is missing/),
  )
  expect(found.ok || found.mistakes).toContainEqual(
    expect.stringMatching(/^directories\[3\]\.kind is missing/),
  )
})

test('each key has one name in the environment', () => {
  const names = environmentNames(deploymentSchema)
  expect(names).toContain('POSTERN_MAIL_PASSWORD_FILE')
  expect(names).toContain('POSTERN_DIRECTORIES_0_ATTRIBUTES_MAIL')
  expect(new Set(names).size).toBe(names.length)
})
