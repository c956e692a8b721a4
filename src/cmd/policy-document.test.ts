import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { METHOD_NAMES } from '../method.ts'
import { DEFAULT_SETTINGS, type Settings } from '../settings.ts'
import { readPolicy, writePolicy } from './policy-document.ts'

const text = (max: number) => fc.string({ unit: 'binary', maxLength: max })
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 16 })
  .map(value => value.trim())
  .filter(value => value !== '')
const list = (item: fc.Arbitrary<string>) => fc.array(item, { maxLength: 5 })
const times = fc.integer({ min: 1, max: 1000 })
const disclosure = fc.constantFrom('uniform', 'helpful')
const perLocale = fc.dictionary(fc.constantFrom('en', 'pt-BR', 'zh-Hans-TW'), text(50))

const settings: fc.Arbitrary<Settings> = fc.record({
  scope: fc.record({ kind: fc.constantFrom('none', 'selected', 'all'), groups: list(word) }),
  gates: fc.constantFrom(1, 2),
  methods: fc.uniqueArray(fc.constantFrom(...METHOD_NAMES), { minLength: 1 }),
  administrators: fc.record({ groups: list(word), notify: list(word) }),
  protectedGroups: list(word),
  disclosure,
  networks: fc.array(
    fc.record({
      name: word,
      cidrs: fc.array(word, { minLength: 1, maxLength: 3 }),
      sourceBudget: times,
      disclosure: fc.option(disclosure),
      sharedComputers: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  sourceBudget: times,
  organisation: fc.record({ name: word, loginExample: word, locale: word, timeZone: word }),
  password: fc.record({ minLength: fc.nat(99), maxLength: fc.nat(999), bannedWords: list(word) }),
  breachOutage: fc.constantFrom('allow', 'refuse'),
  registration: fc.record({
    first: fc.constantFrom('cooling', 'pass', 'network', 'open'),
    coolingHours: fc.nat(99),
    dismissible: fc.boolean(),
    confirmDays: fc.nat(999),
    campaignMailsPerMinute: fc.nat(999),
  }),
  questions: fc.record({
    registered: fc.nat(9),
    asked: fc.nat(9),
    own: fc.array(fc.record({ id: word, text: word }), { maxLength: 5 }),
  }),
  unlock: fc.boolean(),
  notifyAdministrators: fc.boolean(),
  texts: fc.record({ nextSteps: perLocale, loginHelp: perLocale }),
  signInUrl: fc.option(text(50)),
  returnAddresses: list(text(50)),
})

test('what is written out is read back exactly, whatever stands in it', () => {
  fc.assert(
    fc.property(settings, given => {
      expect(readPolicy(writePolicy(given, 'Policy'))).toEqual({ ok: true, settings: given })
    }),
  )
})

test('JSON is taken as well as YAML', () => {
  fc.assert(
    fc.property(settings, given => {
      const json = JSON.stringify(parse(writePolicy(given, 'Policy')))
      expect(readPolicy(json)).toEqual({ ok: true, settings: given })
    }),
    { numRuns: 20 },
  )
})

test('what is left out is the default, and an empty document is all of it', () => {
  expect(readPolicy('')).toEqual({ ok: true, settings: DEFAULT_SETTINGS })
  expect(readPolicy('gates: 1')).toEqual({ ok: true, settings: { ...DEFAULT_SETTINGS, gates: 1 } })
  expect(readPolicy('password: {min_length: 9}')).toMatchObject({
    ok: true,
    settings: { password: { ...DEFAULT_SETTINGS.password, minLength: 9 } },
  })
})

test.each([
  ['gates: 3', /^gates is not as expected: expected 1 or 2/],
  ['scop: {kind: all}', /^scop is not a key of the policy/],
  ['scope: {kind: all, group: [x]}', /^scope\.group is not a key/],
  ['methods: [mobile_text]', /^methods\.0 is not as expected/],
  ['networks: [{name: a, cidrs: []}]', /^networks\.0\.cidrs is not as expected/],
  ['source_budget: 1001', /^source_budget is not as expected/],
  ['texts: {next_steps: {"<b>": x}}', /^texts\.next_steps/],
  ['gates: 1\ngates: 2', /^The policy is not YAML or JSON/],
  ['[1]', /^The policy is not as expected/],
  [`texts: {next_steps: {en: ${'x'.repeat(1_000_001)}}}`, /larger than 1 MB/],
])('a document with a mistake is told: %.40s', (document, expected) => {
  const found = readPolicy(document)
  expect(found.ok ? [] : found.mistakes).toEqual([expect.stringMatching(expected)])
})
