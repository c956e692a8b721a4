import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NO_DNS, openCli } from '../../rig/cli.ts'
import { type Postgres, startPostgres } from '../../rig/postgres.ts'

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

/** The address holds a password, so it stands in a file of its own. */
async function openHere() {
  const url = await postgres.freshDatabase()
  const cli = openCli({ data: undefined, database_url_file: 'database-url' })
  writeFileSync(join(cli.folder, 'database-url'), `${url}\n`, { mode: 0o600 })
  return { cli, url }
}

test('PostgreSQL is used once it was migrated, and no answer shows its password', async () => {
  const { cli, url } = await openHere()
  const password = new URL(url).password
  const before = await cli.run(['user', 'list'])
  expect(before).toMatchObject({ code: 1, err: expect.stringMatching(/has schema 0.*Run: postern migrate/) })
  expect(await cli.run(['migrate'])).toMatchObject({ code: 0, out: expect.stringMatching(/had schema 0/) })
  expect(await cli.run(['user', 'add', 'alice', '--no-password'])).toMatchObject({ code: 0 })
  const line = JSON.stringify({ login: 'alice', method: 'email', address: 'alice@elsewhere.test' })
  expect(await cli.run(['enrollment', 'import', '-'], line)).toMatchObject({ code: 0 })
  expect(await cli.run(['settings', 'apply', '-'], 'scope: {kind: all}')).toMatchObject({ code: 0 })
  const { out } = await cli.run(['audit', 'export'])
  expect(out.match(/"name":"[^"]+"/g)).toEqual([
    '"name":"account.created"',
    '"name":"enrollment.imported"',
    '"name":"settings.applied"',
  ])
  const backup = await cli.run(['backup', join(cli.folder, 'x')])
  expect(backup).toMatchObject({ code: 1, err: expect.stringMatching(/pg_dump/) })
  expect(await cli.run(['restore', '--after-pg-restore'])).toMatchObject({ code: 0 })
  expect(before.err + backup.err).not.toContain(password)
  cli.remove()
})

test('a database that is not there is told in a sentence', async () => {
  const cli = openCli({ data: undefined, database_url: 'postgres://postern@127.0.0.1:1/postern' })
  expect(await cli.run(['migrate'])).toMatchObject({
    code: 1,
    err: 'The database cannot be reached or written.\n',
  })
  expect(await cli.run(['doctor', ...NO_DNS])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/error {4}database: The database cannot/),
  })
  cli.remove()
})
