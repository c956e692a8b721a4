import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { filterOf, honestly, startRangeServer } from '../../rig/breach-list.ts'
import { tempFolder } from '../../rig/child.ts'
import { makePki } from '../../rig/pki.ts'
import { openFilterFile } from '../breaches/filter-file.ts'
import { createRangeApi } from '../breaches/range-api.ts'
import { createCommonPasswords } from '../common-passwords.ts'
import { DEFAULT_SETTINGS, PROFILES } from '../settings.ts'
import { readBreach } from './config-breach.ts'
import { ConfigFiles } from './config-files.ts'
import { deploymentSchema } from './config-schema.ts'
import { breachFindings } from './doctor-breach.ts'
import { createPasswordRules } from './password-rules.ts'

const folder = tempFolder('config-breach')
afterAll(() => folder.remove())
beforeAll(async () => {
  await filterOf(folder.path, ['password'])
  await filterOf(folder.path, ['another'], 'short.filter')
  writeFileSync(join(folder.path, 'list.txt'), 'nothing of the kind')
  makePki(folder.path, '127.0.0.1', [])
})

/** What the deployment file says, and what is wrong with it. */
function read(document: Readonly<Record<string, unknown>>) {
  const files = new ConfigFiles(folder.path)
  const breach = readBreach(deploymentSchema.parse(document), files)
  return { breach, mistakes: files.mistakes }
}
const range = (range_url: string, allow_private: readonly string[] = []) =>
  read({ breach: { range_url }, outbound: { allow_private } }).mistakes

test('without a word of it no list is asked', () => {
  expect(read({})).toEqual({ breach: { filterFile: null, range: null }, mistakes: [] })
})

test('a file, a service, or both', () => {
  const breach = {
    filter_file: 'breach.filter',
    range_url: 'https://api.example.org/range',
    ca_file: 'ca.pem',
  }
  expect(read({ breach })).toEqual({
    breach: {
      filterFile: join(folder.path, 'breach.filter'),
      range: { url: breach.range_url, ca: expect.stringMatching(/BEGIN CERTIFICATE/) },
    },
    mistakes: [],
  })
})

it.each([
  ['none.filter', /^breach\.filter_file names \/.*none\.filter, and it cannot be read \(ENOENT\)\.$/],
  ['list.txt', /list\.txt, and it was not made by "postern breach build"\.$/],
])('a filter file %s is told', (filter_file, sentence) => {
  expect(read({ breach: { filter_file } }).mistakes).toEqual([expect.stringMatching(sentence)])
})

describe('an address of a range API', () => {
  it.each([
    'http://api.example.org/range',
    'api.example.org',
    'https://a:b@api.example.org',
    'https://api.example.org/?a',
  ])('%s is told', url =>
    expect(range(url)).toEqual([expect.stringMatching(/^breach\.range_url is not what is expected there/)]),
  )

  it.each(['https://10.0.0.1/range', 'https://[::1]/range', 'https://127.0.0.1:8443/'])(
    '%s is told, unless outbound.allow_private names it',
    url => {
      expect(range(url)).toEqual([expect.stringMatching(/leads to the private address .* does not name\.$/)])
      expect(range(url, [new URL(url).hostname])).toEqual([])
    },
  )

  it('an authority without it has no meaning', () => {
    expect(read({ breach: { ca_file: 'ca.pem' } }).mistakes).toEqual([
      expect.stringMatching(/has no meaning/),
    ])
  })
})

test('doctor asks each list for what it must know', async () => {
  const pki = makePki(join(folder.path, 'pki'), '127.0.0.1', [])
  const server = await startRangeServer(pki, honestly(['password']))
  const lists = [
    openFilterFile(join(folder.path, 'breach.filter')),
    openFilterFile(join(folder.path, 'short.filter')),
    createRangeApi(server.config),
    createRangeApi({ ...server.config, allowPrivate: [] }),
  ]
  const findings = await breachFindings(lists)
  expect(findings.map(({ level }) => level)).toEqual(['ok', 'warning', 'ok', 'error'])
  expect(findings[3]?.text).toBe('the range API cannot be used: its address is a private one.')
  for (const list of lists) await list.close()
  await server.stop()
})

test('the rule is shown where there is a list, and nowhere else (PWD-07)', () => {
  const shown = (looksUp: boolean) =>
    createPasswordRules(
      async () => createCommonPasswords([]),
      PROFILES.standard,
      looksUp,
    )(DEFAULT_SETTINGS)
      .shown({ rules: null })
      ?.map(({ name }) => name)
  expect(shown(false)).toEqual(['min_length', 'max_length', 'no_name', 'not_banned'])
  expect(shown(true)).toEqual(['min_length', 'max_length', 'no_name', 'not_banned', 'not_breached'])
})
