import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Cli, openCli } from '../../rig/cli.ts'

let cli: Cli
beforeEach(async () => {
  cli = await openCli()
  await cli.run(['user', 'add', 'alice', '--no-password'])
})
afterEach(() => cli.remove())

it('shows a pass this once, alone on standard output, and takes it back', async () => {
  const issued = await cli.run(['pass', 'issue', 'alice@example.test'])
  expect(issued.code).toBe(0)
  expect(issued.out).toMatch(/^(?:[2-9A-Z]{4}-){4}[2-9A-Z]{4}\n$/)
  expect(issued.err).toMatch(/for alice, shown this once.*\/sign-in\/pass, until \d{4}-.*Z\.\n.*Reference: /s)
  const audit = await cli.run(['audit', 'export'])
  expect(audit.out).toContain('"name":"pass.issued"')
  for (const form of [issued.out.trim(), issued.out.trim().replaceAll('-', '')])
    expect(audit.out + issued.err).not.toContain(form)
  expect((await cli.run(['pass', 'revoke', 'alice'])).out).toBe('The pass of alice opens nothing any more.\n')
  expect((await cli.run(['pass', 'revoke', 'alice'])).out).toBe('alice had no pass.\n')
})

it('lasts an hour, or as long as is asked for between ten minutes and a day', async () => {
  const lifeOf = async (...more: string[]): Promise<number> => {
    const { err } = await cli.run(['pass', 'issue', 'alice', ...more])
    return Math.round((Date.parse(/until (\S+Z)\./.exec(err)?.[1] ?? '') - Date.now()) / 60_000)
  }
  expect([await lifeOf(), await lifeOf('--minutes', '1440')]).toEqual([60, 1440])
  for (const minutes of ['9', '1441', '1.5', 'long']) {
    const refused = await cli.run(['pass', 'issue', 'alice', '--minutes', minutes])
    expect(refused).toMatchObject({ code: 1, out: '', err: 'A pass lasts 10 to 1440 whole minutes.\n' })
  }
})

it('refuses whom it would not let in, and a command line that was used wrongly', async () => {
  expect((await cli.run(['pass', 'issue', 'nobody'])).code).toBe(1)
  await cli.run(['user', 'disable', 'alice'])
  expect(await cli.run(['pass', 'issue', 'alice'])).toMatchObject({
    code: 1,
    out: '',
    err: 'The account is disabled.\n',
  })
  for (const words of [['pass'], ['pass', 'show', 'alice'], ['pass', 'revoke', 'alice', '--minutes', '20']])
    expect((await cli.run(words)).code).toBe(2)
})
