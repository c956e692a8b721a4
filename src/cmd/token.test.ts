import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, test } from 'vitest'
import { type Cli, openCli } from '../../rig/cli.ts'
import { seededRandom } from '../../rig/random.ts'
import { newBase32 } from '../lib/random.ts'

const HEADER = 'upn,serial number,secret key,time interval,manufacturer,model'
const LOGINS = Array.from({ length: 8 }, (_, index) => `p${index}`)
const random = seededRandom('tokens')
const SECRETS = Array.from({ length: 600 }, () => newBase32(random, 32))
const secret = (n: number): string => SECRETS[n] ?? ''

let cli: Cli
beforeAll(async () => {
  cli = openCli()
  for (const login of LOGINS) await cli.run(['user', 'add', login, '--no-password'])
})
afterAll(() => cli.remove())

/** Everything that a run said; it never holds a secret. */
async function imported(text: string, ...flags: string[]) {
  const ran = await cli.run(['token', 'import', '-', ...flags], text)
  for (const each of SECRETS) expect(ran.out + ran.err).not.toContain(each.slice(0, 10))
  return { code: ran.code, err: ran.err, lines: ran.out.trimEnd().split('\n') }
}

it('takes a vendor’s file: by name of column, quoted, with the mark of UTF-8, CRLF and empty lines', async () => {
  const file = join(cli.folder, 'tokens.csv')
  const lines = [
    '\ufeff"Model",Secret Key,"UPN",serial number,MANUFACTURER,time interval',
    `"c200, ""black""",${secret(0).toLowerCase()},p0@example.test,GALT 1,Feitian,60`,
    '',
    `,"${secret(1)}====",p0,GALT-2,,30`,
  ]
  writeFileSync(file, lines.join('\r\n'))
  const ran = await cli.run(['token', 'import', file])
  expect([ran.code, ...ran.out.split('\n')]).toEqual([
    0,
    'line 2: assigned p0: The token GALT 1 is assigned, and waits for activation.',
    'line 4: assigned p0: The token GALT-2 is assigned, and waits for activation.',
    '2 assigned, 0 there already, 0 refused',
    'The policy does not list hardware_code under methods: no token counts before it does (postern settings apply).',
    '',
  ])
  const listed = (await cli.run(['token', 'list', 'p0'])).out.trimEnd().split('\n').sort()
  expect(listed).toEqual([
    'GALT 1  p0  Feitian c200, "black"  waits for activation  last used never',
    'GALT-2  p0  -  waits for activation  last used never',
  ])
  expect((await cli.run(['enrollment', 'list', 'p0'])).out).toMatch(
    /hardware_code {2}source import {2}serial GALT 1 {2}waits for activation/,
  )
})

it('reports every one of 500 lines, and no line stops another', async () => {
  const lines = Array.from(
    { length: 500 },
    (_, n) => `p${1 + (n % 4)},S-${n},${secret(n + 10)},30,Feitian,c200`,
  )
  lines[7] = 'x'.repeat(1_000_000)
  lines[8] = '"p1,S-8'
  const { code, lines: said } = await imported([HEADER, ...lines].join('\n'))
  expect(code).toBe(1)
  expect(said.slice(0, 500).map(line => line.split(':')[0])).toEqual(lines.map((_, n) => `line ${n + 2}`))
  expect(said[7]).toBe('line 9: refused -: The line is too long, or not UTF-8.')
  expect(said[8]).toBe('line 10: refused -: A quote is left open or stands inside a field.')
  expect(said[9]).toMatch(/: assigned /)
  expect(said[499]).toBe('line 501: refused p4: The account has as many apps and tokens as it may have.')
  expect(said[500]).toBe('20 assigned, 0 there already, 480 refused')
})

it('refuses what is no token, and lets nothing through to the terminal', async () => {
  const line = (change: Record<number, string>): string =>
    ['p5', 'T-1', secret(520), '30', 'Feitian', 'c200'].map((field, n) => change[n] ?? field).join(',')
  const bad = [
    line({ 0: 'p5\u001b[31m' }),
    line({ 0: 'nobody' }),
    line({ 0: '' }),
    line({ 1: '' }),
    line({ 1: '=cmd|x' }),
    line({ 1: 'T\u202e1' }),
    line({ 1: 'x'.repeat(65) }),
    line({ 2: 'A'.repeat(129) }),
    line({ 2: 'GEZDGNBV' }),
    line({ 2: '' }),
    line({ 3: '45' }),
    line({ 3: '30.0' }),
    line({ 4: 'Fei\u0007tian' }),
    line({ 5: '\u2066c200' }),
    line({ 5: 'c200,more' }),
    'p5,T-1',
  ]
  const { code, lines } = await imported([HEADER, ...bad, line({})].join('\n'))
  expect(code).toBe(1)
  expect(lines.slice(0, -2).map(said => said.split(' ').slice(2, 4).join(' '))).toEqual([
    ...bad.map(() => 'refused -:'),
    'assigned p5:',
  ])
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]|cmd/)
})

test('a number twice, and one of somebody else', async () => {
  const { lines } = await imported(
    [HEADER, `p6,U-1,${secret(530)},30,,`, `p6,u-1,${secret(530)},30,,`, `p7,U-1,${secret(531)},30,,`].join(
      '\n',
    ),
  )
  expect(lines.slice(0, 3)).toEqual([
    'line 2: assigned p6: The token U-1 is assigned, and waits for activation.',
    'line 3: there_already p6: The token U-1 is assigned to this account; nothing was changed.',
    'line 4: refused p7: The token U-1 is assigned to p6.',
  ])
})

it('tries without keeping anything', async () => {
  const { code, lines } = await imported(
    `${HEADER}\np7,V-1,${secret(540)},30,,\np7,v-1,${secret(541)},30,,`,
    '--dry-run',
  )
  expect([code, ...lines.slice(0, 3)]).toEqual([
    1,
    'line 2: assigned p7: The token V-1 would be assigned.',
    'line 3: refused p7: Its serial number stands in the file above.',
    '1 would be assigned, 0 there already, 1 refused',
  ])
  expect((await cli.run(['token', 'list', 'p7'])).out).toBe('No token is assigned.\n')
})

test.each([
  ['nothing', ''],
  ['JSON', '{"upn":"p0"}'],
  ['semicolons', HEADER.replaceAll(',', ';')],
  ['a column too many', `${HEADER},pin`],
  ['a column too few', HEADER.replace(',model', '')],
  ['a column twice', HEADER.replace('model', 'upn')],
  ['a picture', `\u0089PNG\r\n\u001a\n${'\0'.repeat(100_000)}`],
  ['no header', `p0,W-1,${secret(550)},30,,`],
])('%s is no list of tokens', async (_what, text) => {
  const { code, err, lines } = await imported(text)
  expect([code, lines]).toEqual([1, ['']])
  expect(err).toMatch(
    /^The (file is empty|header is not).*upn,serial number,secret key,time interval,manufacturer,model\n$/,
  )
})

test('a token is taken back by its number', async () => {
  await imported(`${HEADER}\np7,X-1,${secret(560)},30,,`, '--algorithm', 'SHA256', '--digits', '8')
  expect(await cli.run(['token', 'remove', 'x-1'])).toMatchObject({
    ...{ code: 0, out: 'The token is taken from p7.\n' },
  })
  expect(await cli.run(['token', 'remove', 'x-1'])).toMatchObject({ code: 1, out: '' })
})

test.each([
  [['import']],
  [['list', 'p0', 'p1']],
  [['remove']],
  [['assign', 'p0']],
  [['import', '-', '--digits', '7']],
  [['import', '-', '--algorithm', 'MD5']],
])('%j is a misuse', async words => {
  expect((await cli.run(['token', ...words])).code).toBe(2)
})
