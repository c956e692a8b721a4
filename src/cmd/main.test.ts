import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cli, NO_DNS, openCli } from '../../rig/cli.ts'

const PASSWORD = 'violet-harbour-cobweb-71'
const NEXT = 'umbrella-thunder-mosaic-93'
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const CODES = ['AAAABBBBCCCCDDDD', 'EEEEFFFFGGGGHHHH']

let cli: Cli
beforeAll(async () => {
  cli = openCli()
  const words = [
    'user',
    'add',
    'alice',
    '--name',
    'Alice Example',
    '--mail',
    'alice@example.test',
    '--recovery-mail',
    'alice@elsewhere.test',
    '--group',
    'staff',
  ]
  expect(await cli.spawn(words, `${PASSWORD}\n`)).toEqual({ code: 0, out: 'alice is added.\n', err: '' })
})
afterAll(() => cli.remove())

const lines = (...items: unknown[]): string =>
  items.map(item => (typeof item === 'string' ? item : JSON.stringify(item))).join('\n')

test('a person is added once, whatever the spelling', async () => {
  const again = await cli.run(['user', 'add', 'ALICE@Example.Test'], PASSWORD)
  expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/is somebody’s already/) })
  expect((await cli.run(['user', 'list'])).out).toBe('alice\tAlice Example\tactive\tstaff\n')
})

test('our rules hold for operators too, and no password is taken from the command line', async () => {
  expect(await cli.run(['user', 'set-password', 'alice'], 'short')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/refused: too short \(12\)/),
  })
  expect(await cli.run(['user', 'set-password', 'alice'], '')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/No password was given/),
  })
  expect(await cli.run(['user', 'set-password', 'alice', NEXT])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/one word too many/),
  })
  expect(await cli.run(['user', 'set-password', 'alice'], NEXT)).toMatchObject({ code: 0, err: '' })
})

const ANSWERS = { first_pet: 'Captain Whiskers', stuffed_toy: 'Mister Patch', first_job: 'Lighthouse keeper' }
const WEAK = { ...ANSWERS, first_pet: 'alice' }

test('enrollments are imported line by line, with a report for each', async () => {
  const file = join(cli.folder, 'people.jsonl')
  writeFileSync(
    file,
    lines(
      { login: 'alice', method: 'app_code', secret: SECRET },
      { login: 'alice@example.test', method: 'email', address: 'alice@other.test' },
      { login: 'EXAMPLE\u202eTEST', method: 'email', address: 'a@b.test' },
      { login: 'alice', method: 'recovery_code', codes: CODES },
      { login: 'alice', method: 'mobile_text', number: '+10000' },
      { login: 'alice', method: 'email', address: 'alice@example.test' },
      { login: 'alice', method: 'email', address: 'alice' },
      { login: 'alice', method: 'app_code', secret: 'SHORT' },
      { login: 'alice', method: 'app_code', secret: SECRET, sceret: 1 },
      { login: 'nobody', method: 'email', address: 'a@b.test' },
      { login: 'alice', method: 'email', address: 'ALICE@other.test' },
      { login: 'alice', method: 'security_questions', answers: WEAK },
      { login: 'alice', method: 'security_questions', answers: ANSWERS },
      '["alice"]',
      '{"login":"alice"',
      '',
    ),
  )
  const expected = (done: string) => [
    [1, 'imported', 'alice'],
    [2, 'imported', 'alice@example.test'],
    [3, 'refused', '-'],
    [4, 'imported', 'alice'],
    [5, 'refused', 'alice'],
    [6, 'refused', 'alice'],
    [7, 'refused', 'alice'],
    [8, 'refused', 'alice'],
    [9, 'refused', 'alice'],
    [10, 'refused', 'nobody'],
    [11, done, 'alice'],
    [12, 'refused', 'alice'],
    [13, 'imported', 'alice'],
    [14, 'refused', '-'],
    [15, 'refused', '-'],
  ]
  const report = (out: string) =>
    out.split('\n').flatMap(line => {
      const found = /^line (\d+): (\w+) (\S+):/.exec(line)
      return found ? [[Number(found[1]), found[2], found[3]]] : []
    })

  const dry = await cli.run(['enrollment', 'import', file, '--dry-run'])
  expect(report(dry.out)).toEqual(expected('imported'))
  expect(dry).toMatchObject({
    code: 1,
    out: expect.stringMatching(/5 would be imported, 0 there already, 10 refused\n$/),
  })
  expect((await cli.run(['enrollment', 'list', 'alice'])).out).toBe('Nothing is registered.\n')

  const real = await cli.spawn(['enrollment', 'import', file])
  expect(report(real.out)).toEqual(expected('there_already'))
  expect(real.out).toMatch(/The method "mobile_text" is not available in this version/)
  expect(real.out).not.toMatch(/elsewhere/)
  const again = await cli.run(['enrollment', 'import', '-'], readFileSync(file, 'utf8'))
  expect(again.out).toMatch(/\n0 imported, 5 there already, 10 refused\n$/)

  const listed = (await cli.run(['enrollment', 'list', 'alice'])).out
  expect(listed.match(/ (app_code|email|recovery_code|security_questions) /g)?.sort()).toEqual([
    ' app_code ',
    ' email ',
    ' recovery_code ',
    ' security_questions ',
  ])
  expect(listed).toMatch(/email {2}source import {2}a…@… {2}confirmed 20/)
  const id = /^(\S+) {2}email/m.exec(listed)?.[1] ?? ''
  expect(await cli.run(['enrollment', 'remove', 'alice', '--', id])).toMatchObject({
    code: 0,
    out: `${id} is removed.\n`,
  })
  expect(await cli.run(['enrollment', 'remove', 'alice', '--', id])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/has no enrollment/),
  })
}, 60_000)

test('what operators did is on record, and neither the record nor the database holds a secret', async () => {
  const { out } = await cli.spawn(['audit', 'export'])
  const names = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line)['name'])
  expect(names).toEqual(
    expect.arrayContaining([
      'account.created',
      'password.changed',
      'enrollment.imported',
      'enrollment.removed',
    ]),
  )
  const later = await cli.run(['audit', 'export', '--since', '2100-01-01T00:00:00Z'])
  expect(later).toEqual({ code: 0, out: '', err: '' })
  const stored = ['', '-wal']
    .map(end => (existsSync(cli.database + end) ? readFileSync(cli.database + end, 'latin1') : ''))
    .join('')
  for (const secret of [PASSWORD, NEXT, SECRET, ...CODES, ...Object.values(ANSWERS), 'alice@other.test']) {
    expect(out).not.toContain(secret)
    expect(stored).not.toContain(secret)
  }
  expect(statSync(cli.database).mode & 0o777).toBe(0o600)
})

test('a policy is shown, tried, applied and exported again, each version once', async () => {
  const apply = (text: string, ...flags: string[]) => cli.run(['settings', 'apply', '-', ...flags], text)
  const policy = 'scope: {kind: selected, groups: [staff]}\nadministrators: {groups: [staff]}\n'
  const dry = await apply(policy, '--dry-run')
  expect(dry).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^- {3}kind: none\n[\s\S]*\+ {5}- staff\n[\s\S]*Nothing was changed/),
  })
  expect(await apply(policy, '--expect', '7')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/Version 0 of the policy is in force/),
  })
  expect(await apply('scope: {kind: selected, groups: [Nobodies]}')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/No directory lists a security group "Nobodies"/),
  })
  expect(await apply('gates: 3\nunlock: maybe')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/- gates is not[\s\S]*- unlock is not/),
  })
  expect(await apply(policy, '--expect', '0')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Version 1 of the policy is in force/),
  })

  const exported = (await cli.run(['settings', 'export'])).out
  expect(exported).toMatch(/^# Postern policy, version 1\nscope:\n {2}kind: selected\n/)
  const same = await apply(exported, '--expect', '1')
  expect(same).toEqual({ code: 0, out: 'Version 2 of the policy is in force.\n', err: '' })
}, 60_000)

test('a backup puts back what was removed, and is refused with another key ring', async () => {
  const backup = join(cli.folder, 'backup.db')
  expect(await cli.run(['backup', backup])).toMatchObject({ code: 0 })
  expect(await cli.run(['backup', backup])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/exists already/),
  })
  expect(await cli.run(['user', 'remove', 'alice'])).toMatchObject({ code: 0 })
  expect((await cli.run(['user', 'list'])).out).toBe('')
  expect(await cli.run(['restore', backup])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/is in place/),
  })
  expect((await cli.run(['user', 'list'])).out).toMatch(/^alice\t/)

  const stranger = openCli()
  rmSync(join(stranger.folder, 'keys.json'))
  expect(await stranger.run(['key', 'create', join(stranger.folder, 'keys.json')])).toMatchObject({ code: 0 })
  const refused = await stranger.run(['restore', backup])
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/key/) })
  expect(refused.err).not.toMatch(/\n\s+at /)
  stranger.remove()
}, 60_000)

test('the doctor tells what is wrong and fails where something is', async () => {
  const { code, out } = await cli.run(['doctor', ...NO_DNS])
  expect(code).toBe(1)
  expect(out).toMatch(/^ok {7}deployment: /m)
  expect(out).toMatch(/^ok {7}directory local: it can be asked and written/m)
  expect(out).toMatch(/^error {4}mail server: /m)
  expect(out).toMatch(/^(unknown|warning) {1,2}sender: /m)
  for (const line of out.trimEnd().split('\n').slice(0, -1))
    expect(line).toMatch(/^(ok|warning|error|unknown) +[\w ]+: \S/)
})

test('a mistake of the deployment file is told in sentences by every command', async () => {
  const broken = openCli({ help: undefined, public_url: 'http://reset.example.test' })
  for (const words of [['migrate'], ['user', 'list'], ['backup', 'x'], ['doctor', ...NO_DNS]]) {
    const { code, err } = await broken.spawn(words)
    expect(code).toBe(1)
    expect(err).toMatch(/has 2 mistakes:\n- public_url must begin|has 2 mistakes:\n- help is missing/)
    expect(err).not.toMatch(/\n\s+at /)
  }
  broken.remove()
}, 60_000)

test.each([
  [[], 0, /postern serve/],
  [['help'], 0, /postern enrollment import/],
  [['reset'], 2, /Postern has no command "reset"/],
  [['constructor'], 2, /has no command/],
  [['user'], 2, /Something is missing/],
  [['user', 'promote', 'alice'], 2, /"postern user" was used wrongly/],
  [['settings', 'apply', '-', '--force'], 2, /Unknown option '--force'/],
  [['settings', 'apply', '-', '--expect', 'x'], 2, /--expect takes the number/],
  [['key', 'add', 'none.json', 'decoy'], 1, /The decoy key is never rolled/],
  [['key', 'retire', 'none.json', 'nothing'], 1, /none\.json cannot be read/],
])('%j ends with %i', async (words, code, expected) => {
  const ran = await cli.run(words)
  expect(ran.code).toBe(code)
  expect(ran.out + ran.err).toMatch(expected)
})
