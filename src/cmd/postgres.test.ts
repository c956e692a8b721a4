import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leaks } from '../../rig/canary.ts'
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
  expect(before.err).not.toContain(password)
  cli.remove()
})

/** A folder for PATH whose programs note their whole command line, then do what the real ones do. */
function watched(folder: string): { readonly path: string; readonly seen: () => string } {
  const path = join(folder, 'bin')
  const seen = join(folder, 'seen')
  mkdirSync(path)
  for (const program of ['pg_dump', 'pg_restore']) {
    const lines = ['#!/bin/sh', `cat /proc/$$/cmdline >> ${seen}`, `PATH=/usr/bin:/bin exec ${program} "$@"`]
    writeFileSync(join(path, program), lines.join('\n'), { mode: 0o755 })
  }
  return { path: `${path}:/usr/bin:/bin`, seen: () => readFileSync(seen, 'utf8') }
}

test('a backup is made and put back by one command each, and no command line shows the password', async () => {
  const { cli, url } = await openHere()
  const backup = join(cli.folder, 'backup')
  const { path, seen } = watched(cli.folder)
  const env = { PATH: path }
  expect(await cli.run(['migrate'])).toMatchObject({ code: 0 })
  expect(await cli.run(['user', 'add', 'alice', '--no-password'])).toMatchObject({ code: 0 })
  expect(await cli.run(['backup', backup], '', env)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/holds the store\. Keep .*keys\.json apart/),
  })
  const again = await cli.run(['backup', backup], '', env)
  expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/exists already/) })
  expect(await cli.run(['user', 'remove', 'alice'])).toMatchObject({ code: 0 })
  expect(await cli.run(['restore', backup], '', env)).toMatchObject({
    code: 0,
    out: `${backup} is in place. Void now: 0 resets, 0 letters.\nWhat was used up or counted since the backup stays so.\n`,
  })
  expect((await cli.run(['user', 'list'])).out).toMatch(/^alice\t/)
  const { out } = await cli.run(['audit', 'export'])
  expect(out.match(/"name":"(backup|account)[^"]+","actor":"operator","result":"\w+"/g)).toEqual([
    '"name":"account.created","actor":"operator","result":"ok"',
    '"name":"backup.made","actor":"operator","result":"ok"',
    '"name":"backup.made","actor":"operator","result":"ok"',
    '"name":"backup.made","actor":"operator","result":"failed"',
    '"name":"account.removed","actor":"operator","result":"ok"',
    '"name":"backup.restored","actor":"operator","result":"ok"',
  ])
  for (const program of ['pg_dump', 'pg_restore']) expect(seen()).toContain(program)
  expect(seen()).toContain('--format=custom')
  expect(leaks([Buffer.from(seen()), readFileSync(backup)], [new URL(url).password])).toEqual([])
  cli.remove()
})

test('what cannot be done with a backup is told in a sentence', async () => {
  const { cli } = await openHere()
  const backup = join(cli.folder, 'backup')
  const nowhere = { PATH: cli.folder }
  expect(await cli.run(['migrate'])).toMatchObject({ code: 0 })
  const missing = /^pg_dump is not to be found on PATH[^\n]*\n$/
  expect(await cli.run(['backup', backup], '', nowhere)).toMatchObject({
    code: 1,
    err: expect.stringMatching(missing),
  })
  writeFileSync(backup, 'rubbish')
  expect(await cli.run(['restore', backup])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/backup is damaged, or no backup[^\n]*\n$/),
  })
  expect(await cli.run(['restore', backup], '', nowhere)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^pg_restore is not to be found on PATH/),
  })
  expect(await cli.run(['restore'])).toMatchObject({ code: 2 })
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
