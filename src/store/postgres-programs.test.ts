import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { checkProgram, environmentOf, linesOf } from './postgres-programs.ts'

const SERVER = 15
const SOME_FILE = fileURLToPath(import.meta.url)

let folder: TempFolder
beforeAll(() => {
  folder = tempFolder('programs')
})
afterAll(() => folder.remove())

/** A place where pg_dump is a script. */
function withScript(name: string, script: string) {
  const bin = join(folder.path, name)
  mkdirSync(bin)
  writeFileSync(join(bin, 'pg_dump'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { databaseUrl: 'postgres://postern@127.0.0.1/postern', env: { PATH: bin } }
}

describe('programs of PostgreSQL', () => {
  it('may be missing, which is told', async () => {
    const place = { databaseUrl: 'postgres://postern@127.0.0.1/postern', env: { PATH: folder.path } }
    await expect(checkProgram('pg_dump', place)).rejects.toThrow(
      /^pg_dump is not to be found on PATH.*postgresql-client/,
    )
  })

  it.each([
    [
      'pg_dump (PostgreSQL) 13.20 (Debian 13.20-1)',
      /^pg_dump is of version 13 here, and the server of version 15/,
    ],
    ['pg_dump (PostgreSQL) 15.3', null],
    ['pg_dump (PostgreSQL) 17beta1', null],
    ['pg_dump of somebody else', null],
  ])('%s', async (said, complaint) => {
    const place = withScript(said, `echo '${said}'`)
    const checked = checkProgram('pg_dump', place, SERVER)
    if (complaint) await expect(checked).rejects.toThrow(complaint)
    else expect(await checked).toBeUndefined()
  })

  it('tell what they complain of', async () => {
    const place = withScript(
      'complains',
      'echo "pg_dump: warning: x" >&2; echo "pg_dump: error: no luck" >&2; exit 1',
    )
    await expect(checkProgram('pg_dump', place)).rejects.toThrow('pg_dump could not do it: no luck')
    const ended = withScript('is ended', 'kill -9 $$')
    await expect(checkProgram('pg_dump', ended)).rejects.toThrow('pg_dump could not do it: it was ended')
  })

  it('are read line by line, wherever a piece ends', async () => {
    const place = withScript('speaks', `printf 'a\\n\\n%s\\nü\\nno end' "$LONG"`)
    const long = 'x'.repeat(100_000)
    const env = { ...place.env, LONG: long }
    const lines: string[] = []
    for await (const line of linesOf('pg_dump', [], { ...place, env })) lines.push(line)
    expect(lines).toEqual(['a', '', long, 'ü', 'no end'])
  })
})

describe('what libpq is told', () => {
  const told = (address: string) => environmentOf({ databaseUrl: address, env: { PATH: '/bin' } })

  it('is what the address says, the password among the environment', () => {
    expect(told('postgres://me:p%40ss%3Aword@db.example.test:5433/store')).toMatchObject({
      PATH: '/bin',
      PGHOST: 'db.example.test',
      PGPORT: '5433',
      PGUSER: 'me',
      PGDATABASE: 'store',
      PGPASSWORD: 'p@ss:word',
    })
    expect(told('postgres://me@/store?host=/run/postgresql')).toMatchObject({ PGHOST: '/run/postgresql' })
    expect(told('postgres://me@db.example.test/store')).not.toHaveProperty('PGPASSWORD')
  })

  it.each([
    ['', {}],
    ['?sslmode=disable', {}],
    ['?sslmode=verify-full', { PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' }],
    ['?ssl=true', { PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' }],
    ['?sslmode=verify-full&sslrootcert=/dev/null', { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/dev/null' }],
    ['?sslmode=no-verify', { PGSSLMODE: 'require' }],
    [
      `?uselibpqcompat=true&sslmode=verify-ca&sslrootcert=${SOME_FILE}`,
      { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: SOME_FILE },
    ],
  ])('never asks for less TLS than our driver does: %s', (query, expected) => {
    const { PGSSLMODE, PGSSLROOTCERT } = told(`postgres://me@db.example.test/store${query}`)
    expect({ ...(PGSSLMODE && { PGSSLMODE }), ...(PGSSLROOTCERT && { PGSSLROOTCERT }) }).toEqual(expected)
  })
})
