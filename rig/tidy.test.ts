// Each rule of the tidy test goes red on the fault it is there for, and stays green on its nearest neighbour.
import { expect, test } from 'vitest'
import { parseSource, type Source } from './source.ts'
import { arrowFaults, circles, packageFaults } from './tidy-arrows.ts'
import { conformanceFaults, unused } from './tidy-reach.ts'
import { assertionFaults, skippedTests } from './tidy-tests.ts'
import { barrels, chanceAndTimeFaults, longFiles, longFunctions, namelessNames } from './tidy-text.ts'

const files = (contents: Readonly<Record<string, string>>): Source[] =>
  Object.entries(contents).map(([path, text]) => parseSource(path, text))
const file = (path: string, text: string): Source[] => files({ [path]: text })

test.each([
  ['src/account.ts', './store/rows.ts'],
  ['src/lib/clock.ts', '../account.ts'],
  ['src/methods/email.ts', '../notifiers/smtp.ts'],
  ['src/methods/email.ts', '../store/rows.ts'],
  ['src/actions/start.ts', '../methods/email.ts'],
  ['src/actions/start.ts', '../web/server.ts'],
  ['src/web/server.ts', '../store/rows.ts'],
  ['src/web/browser/form.ts', '../../account.ts'],
  ['src/web/server.ts', './browser/form.ts'],
  ['src/cmd/wire.ts', '../web/browser/form.ts'],
  ['src/cmd/wire.ts', '../demo/main.ts'],
  ['src/agent/link.ts', '../actions/start.ts'],
  ['src/account.ts', '../rig/clock.ts'],
])('%s may not import %s, not even its types', (path, target) => {
  expect(arrowFaults(file(path, `import type { A } from '${target}'`))).toHaveLength(1)
  expect(arrowFaults(file(path, `export const a = await import('${target}')`))).toHaveLength(1)
})

test.each([
  ['src/account.ts', './lib/clock.ts'],
  ['src/methods/email.ts', './sent-code.ts'],
  ['src/actions/start.ts', '../store/rows.ts'],
  ['src/cmd/wire.ts', '../methods/email.ts'],
  ['src/demo/main.ts', '../cmd/wire.ts'],
  ['src/lib/texts.ts', '../../locales/en.json'],
  ['src/account.test.ts', '../rig/clock.ts'],
])('%s may import %s', (path, target) => {
  expect(arrowFaults(file(path, `import { a } from '${target}'`))).toEqual([])
})

test('a package stays in its room', () => {
  expect(packageFaults(file('src/reset.ts', `import { z } from 'zod'`))).toHaveLength(1)
  expect(packageFaults(file('src/actions/start.ts', `import { sql } from 'kysely'`))).toHaveLength(1)
  expect(packageFaults(file('src/store/rows.ts', `import { sql } from 'kysely'`))).toEqual([])
})

test('a circle is found, and a circle of types alone is none', () => {
  const circle = (word: string): Source[] =>
    files({
      'src/a.ts': `import ${word} { b } from './b.ts'`,
      'src/b.ts': `import ${word} { a } from './a.ts'`,
    })
  expect(circles(circle(''))).toEqual(['src/a.ts -> src/b.ts -> src/a.ts'])
  expect(circles(circle('type'))).toEqual([])
})

test('long files and long functions are found; a returned tree and a table do not count', () => {
  const lines = (count: number, line: string): string => `${line}\n`.repeat(count)
  expect(longFiles(file('src/a.ts', lines(301, 'a()')))).toHaveLength(1)
  expect(longFiles(file('src/a.ts', lines(300, 'a()')))).toEqual([])
  expect(longFunctions(file('src/a.ts', `const f = () => {\n${lines(69, 'a()')}}`))).toHaveLength(1)
  expect(longFunctions(file('src/a.ts', `const f = () => {\n${lines(68, 'a()')}}`))).toEqual([])
  expect(longFunctions(file('src/a.tsx', `const f = () => <p>\n${lines(90, 'text')}</p>`))).toEqual([])
  expect(longFunctions(file('src/a.ts', `const f = () => [\n${lines(90, '1,')}]`))).toEqual([])
  expect(longFunctions(file('src/a.ts', `const f = () => [\n${lines(60, '() => {\n},')}]`))).toHaveLength(1)
})

test('names that say nothing, and barrels, are found', () => {
  for (const path of ['src/utils.ts', 'src/web/helpers/a.ts', 'src/mail-service.ts', 'src/common/a.ts'])
    expect(namelessNames(file(path, ''))).toHaveLength(1)
  for (const path of ['src/common-passwords.ts', 'src/service-account.ts', 'src/shared-mailbox.ts'])
    expect(namelessNames(file(path, ''))).toEqual([])
  expect(barrels(file('src/a.ts', `export * from './b.ts'\nexport { c } from './c.ts'`))).toHaveLength(1)
  expect(barrels(file('src/a.ts', `export * from './b.ts'\nexport const c = 1`))).toEqual([])
})

test.each(['Date.now()', 'new Date()', 'Math.random()', 'randomBytes(4)', 'crypto.randomUUID()'])(
  '%s stands in lib alone',
  code => {
    expect(chanceAndTimeFaults(file('src/web/a.ts', code))).toHaveLength(1)
    expect(chanceAndTimeFaults(file('src/lib/a.ts', code))).toEqual([])
  },
)

test('a date made from an instant is no reading of the time', () => {
  expect(chanceAndTimeFaults(file('src/web/a.ts', 'new Date(at)'))).toEqual([])
})

test('what no program reaches is found', () => {
  const program = { 'src/cmd/main.ts': `import './wire.ts'`, 'src/cmd/wire.ts': '', 'src/account.ts': '' }
  expect(unused(files(program))).toEqual(['src/account.ts: no program reaches it'])
})

test('an implementation without a conformance call is found', () => {
  const suite = `import { methodConformance } from './conformance.ts'\n`
  const method = { 'src/methods/email.ts': `import './sent-code.ts'`, 'src/methods/sent-code.ts': '' }
  const faults = (text: string): string[] =>
    conformanceFaults(files({ ...method, 'src/methods/email.test.ts': text }))
  expect(faults('')).toHaveLength(1)
  expect(faults(suite)).toHaveLength(1)
  expect(faults(`${suite}methodConformance(() => email)`)).toEqual([])
})

test('tests that are skipped, put off, alone or empty are found', () => {
  const skipped = ['test.skip(', 'it.only(', 'describe.todo(', 'test.skipIf(true)('].map(
    call => `${call}'a', () => {})`,
  )
  for (const text of skipped) expect(skippedTests(file('src/a.test.ts', text))).toHaveLength(1)
  expect(assertionFaults(file('src/a.test.ts', `test('a', () => { run() })`))).toHaveLength(1)
  expect(assertionFaults(file('src/a.test.ts', `test.each([1])('a', () => { run() })`))).toHaveLength(1)
  const helper = `const holds = () => { expect(1).toBe(1) }\ntest('a', () => { holds() })`
  expect(assertionFaults(file('src/a.test.ts', helper))).toEqual([])
})
