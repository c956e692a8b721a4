import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cli, NO_DNS, openCli } from '../../rig/cli.ts'
import { groupDn, personDn, type Slapd, startSlapd } from '../../rig/slapd.ts'

const TOO_MUCH =
  'access to attrs=mail,description by dn.exact="cn=reset,ou=services,dc=example,dc=test" write by * read'

let slapd: Slapd
let cli: Cli
beforeAll(async () => {
  slapd = await startSlapd({ users: [{ uid: 'alice', password: 'Old-Password-1' }], access: TOO_MUCH })
  await slapd.addGroup('staff', [personDn('alice')])
  const directory = {
    name: 'staff',
    kind: 'openldap',
    hosts: [slapd.url],
    ca_file: slapd.caFile,
    bind_dn: slapd.bindDn,
    bind_password_file: 'bind',
    base: slapd.base,
    domains: ['example.test'],
    attributes: { recovery_email: ['mobileMail'] },
  }
  cli = openCli({ directories: [directory] })
  writeFileSync(join(cli.folder, 'bind'), `${slapd.bindPassword}\n`, { mode: 0o600 })
})
afterAll(async () => {
  cli.remove()
  await slapd.stop()
})

test('the doctor says what the service account may do, and what too much', async () => {
  const { out } = await cli.run(['doctor', ...NO_DNS])
  expect(out).toMatch(/^ok {7}directory staff: it can be asked and written/m)
  expect(out).toMatch(/^ok {7}directory staff: .*userPassword/m)
  expect(out).toMatch(/^unknown {2}directory staff: .* write their own mobileMail cannot be read/m)
  expect(out).toMatch(/^warning {2}directory staff: .*more than it needs: mail, description/m)
})

test('a group of a policy must be one of the directory, by its name or its DN', async () => {
  const apply = (group: string) =>
    cli.run(['settings', 'apply', '-', '--dry-run'], `protected_groups: ["${group}"]`)
  expect(await apply('staff')).toMatchObject({ code: 0, err: '' })
  expect(await apply(groupDn('staff'))).toMatchObject({ code: 0, err: '' })
  expect(await apply('stuff')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/security group "stuff"/),
  })
  expect(await apply(groupDn('sta'))).toMatchObject({ code: 1 })
})

test('people of the directory get enrollments, and the way to a reset', async () => {
  const line = (login: string) => JSON.stringify({ login, method: 'email', address: 'alice@elsewhere.test' })
  const lines = ['alice@example.test', 'ALICE', '*', 'al*', 'alice)(uid=*'].map(line).join('\n')
  const { out } = await cli.run(['enrollment', 'import', '-'], lines)
  expect(out).toMatch(
    /^line 1: imported .*\nline 2: there_already .*\nline 3: refused .*\nline 4: refused .*\nline 5: refused /,
  )
  expect(await cli.run(['user', 'require-reset', 'alice'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/mark it there/),
  })
  expect(await cli.run(['user', 'add', 'bob', '--no-password'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/no directory of the kind builtin/),
  })
})
