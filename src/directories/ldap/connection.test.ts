import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('NODE_DEBUG=ldapts, which would print passwords, stops the start', () => {
  const program = `import { createLdapDirectory } from '${fileURLToPath(new URL('../ldap.ts', import.meta.url))}'
    createLdapDirectory({ kind: 'openldap', name: 'x', hosts: ['ldaps://localhost'] }, { now: () => 0 })`
  const run = (debug: string): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, NODE_DEBUG: debug },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  expect(() => run('ldapts')).toThrow(/NODE_DEBUG/)
  expect(() => run('ldap*')).toThrow(/NODE_DEBUG/)
  expect(run('')).toBe('')
})
