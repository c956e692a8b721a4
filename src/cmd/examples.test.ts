import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { mistakesIn } from '../actions/settings-check.ts'
import { PROFILES } from '../settings.ts'
import { readDeployment } from './config.ts'
import { readPolicy } from './policy-document.ts'

const folder = fileURLToPath(new URL('../../docs/examples', import.meta.url))
const deployments = readdirSync(folder).filter(file => file !== 'policy.yaml')

test('there is an example for each kind of directory', () => {
  const kinds = deployments.map(file => parse(readFileSync(join(folder, file), 'utf8')).directories[0].kind)
  expect(kinds.sort()).toEqual(['389ds', 'active-directory', 'builtin', 'freeipa', 'openldap'])
})

test.each(deployments)('%s has no mistake but the files that it names', file => {
  const found = readDeployment(join(folder, file), {})
  const mistakes = found.ok ? [] : found.mistakes
  expect(mistakes.length).toBeGreaterThan(0)
  expect(mistakes.filter(mistake => !/cannot be read \(ENOENT\)/.test(mistake))).toEqual([])
})

test('the example of a policy has no mistake', () => {
  const found = readPolicy(readFileSync(join(folder, 'policy.yaml'), 'utf8'))
  expect(found.ok && mistakesIn(found.settings, PROFILES.standard)).toEqual([])
})
