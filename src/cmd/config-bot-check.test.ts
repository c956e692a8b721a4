import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBotCheck } from './config-bot-check.ts'
import { withEnvironment } from './config-env.ts'
import { ConfigFiles } from './config-files.ts'
import { deploymentSchema } from './config-schema.ts'
import { sentencesFor } from './config-sentences.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-bot-check-'))
beforeAll(() => writeFileSync(join(folder, 'secret'), 'the secret of the provider\n', { mode: 0o600 }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const HOSTED = { kind: 'turnstile', site_key: '0x4AAAA-key', secret_file: 'secret' }

function read(botCheck: unknown, env: Readonly<Record<string, string>> = {}) {
  const files = new ConfigFiles(folder)
  const document = withEnvironment(deploymentSchema, { bot_check: botCheck }, env)
  const parsed = deploymentSchema.safeParse(document, { reportInput: true })
  if (!parsed.success) return { botCheck: null, mistakes: sentencesFor(parsed.error, []), warnings: [] }
  return { botCheck: readBotCheck(parsed.data.bot_check, files), ...files }
}

test('without a word it is our own, and the provider learns no more than it must', () => {
  expect(read(undefined)).toMatchObject({ botCheck: { kind: 'altcha' }, mistakes: [], warnings: [] })
  expect(read(HOSTED)).toMatchObject({
    botCheck: {
      kind: 'turnstile',
      siteKey: '0x4AAAA-key',
      secret: 'the secret of the provider',
      minScore: null,
      sendsAddress: false,
      verifyUrl: null,
      scriptUrl: null,
    },
    mistakes: [],
    warnings: [],
  })
})

test('everything of it can be said, in the environment too', () => {
  const env = {
    POSTERN_BOT_CHECK_KIND: 'recaptcha',
    POSTERN_BOT_CHECK_MIN_SCORE: '0.7',
    POSTERN_BOT_CHECK_CLIENT_ADDRESS: 'sent',
    POSTERN_BOT_CHECK_VERIFY_URL: 'https://check.example.org/verify',
    POSTERN_BOT_CHECK_SCRIPT_URL: 'http://127.0.0.1:9/api.js',
  }
  expect(read(HOSTED, env)).toMatchObject({
    botCheck: {
      kind: 'recaptcha',
      minScore: 0.7,
      sendsAddress: true,
      verifyUrl: 'https://check.example.org/verify',
      scriptUrl: 'http://127.0.0.1:9/api.js',
    },
    mistakes: [],
  })
})

test.each<[string, unknown, RegExp]>([
  ['an unknown provider', { kind: 'friendly' }, /^bot_check\.kind is not what .* recaptcha or none\.$/],
  ['no site key', { ...HOSTED, site_key: undefined }, /^bot_check\.site_key is missing: the public key/],
  ['a site key with a space', { ...HOSTED, site_key: 'a b' }, /^bot_check\.site_key is not what/],
  ['no secret', { ...HOSTED, secret_file: undefined }, /^bot_check\.secret_file is missing: a file/],
  ['a secret file that is not there', { ...HOSTED, secret_file: 'none' }, /^bot_check\.secret_file names/],
  ['a secret in the file itself', { ...HOSTED, secret: 'x' }, /^bot_check\.secret is not a key/],
  ['a score above 1', { ...HOSTED, kind: 'recaptcha', min_score: 5 }, /^bot_check\.min_score is not what/],
  ['a score of another provider', { ...HOSTED, min_score: 0.5 }, /min_score has no meaning for the kind tur/],
  ['an unknown wish', { ...HOSTED, client_address: 'yes' }, /^bot_check\.client_address .* withheld or sent/],
  [
    'a secret in the clear',
    { ...HOSTED, verify_url: 'http://a.example.org' },
    /^bot_check\.verify_url is not/,
  ],
  [
    'a script in the clear',
    { ...HOSTED, script_url: 'http://a.example.org' },
    /^bot_check\.script_url is not/,
  ],
  ['a script that is none', { ...HOSTED, script_url: 'javascript:1' }, /^bot_check\.script_url is not/],
  ['a site key for ours', { kind: 'altcha', site_key: 'x' }, /site_key has no meaning for the kind altcha/],
  [
    'an address for none',
    { kind: 'none', verify_url: 'https://x' },
    /verify_url has no meaning for the kind/,
  ],
])('%s is told in one sentence', (_what, botCheck, expected) => {
  expect(read(botCheck).mistakes).toEqual([expect.stringMatching(expected)])
})
