import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rule } from './account.ts'
import { createBannedWords } from './banned.ts'
import { createCommonPasswords } from './common-passwords.ts'
import { checkPassword, countKinds, type PasswordContext, shownRules } from './password.ts'
import { isMet } from './web/browser/password-rules.ts'

const banned = createBannedWords({
  own: ['contoso'],
  organisation: '',
  common: createCommonPasswords(['password', 'qwertyuiop']),
})
const context = (changes: Partial<PasswordContext> = {}): PasswordContext => ({
  rules: [],
  minLength: 12,
  maxLength: 256,
  names: ['Ana Poll', 'apoll'],
  banned,
  ...changes,
})
const good = 'vK8#qZr2!mWp'

describe('lengths are code points', () => {
  test.each([
    ['vK8#qZr2!mW', { reason: 'too_short', value: 12 }],
    [good, null],
    ['🦊🐳🌵🎈🚲🍋🧭🪁🐝🌋🎻', { reason: 'too_short', value: 12 }],
    ['🦊🐳🌵🎈🚲🍋🧭🪁🐝🌋🎻🧩', null],
    ['', { reason: 'too_short', value: 12 }],
    [`${'aé🦊#'.repeat(64)}`, null],
    [`${'aé🦊#'.repeat(64)}x`, { reason: 'too_long', value: 256 }],
  ])('%s', (password, refusal) => {
    expect(checkPassword(password, context())).toEqual(refusal)
  })

  test('composed and decomposed letters stay what they are: one and two', () => {
    expect(checkPassword('é'.normalize('NFD').repeat(6), context({ banned: anything }))).toBeNull()
    expect(checkPassword('é'.normalize('NFC').repeat(6), context({ banned: anything }))?.reason).toBe(
      'too_short',
    )
  })

  test('the stricter of ours and the directory counts', () => {
    const rules: Rule[] = [
      { name: 'min_length', value: 14 },
      { name: 'max_length', value: 20 },
    ]
    expect(checkPassword(good, context({ rules }))).toEqual({ reason: 'too_short', value: 14 })
    expect(checkPassword(`${good}${good}`, context({ rules }))).toEqual({ reason: 'too_long', value: 20 })
    expect(checkPassword(good, context({ rules: [{ name: 'min_length', value: 7 }] }))).toBeNull()
  })
})

const anything = { judge: () => null }

/** Mostly what keyboards have, and any code point, halves of pairs included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 0x17f }), fc.integer({ min: 0, max: 0x10ffff })), {
    maxLength: 40,
  })
  .map(points => String.fromCodePoint(...points))

describe('characters that no password may have', () => {
  test.each([
    ['NUL', `abc\0${good}`, 4],
    ['a tab', `\t${good}`, 1],
    ['a new line', `${good}\n`, 13],
    ['DEL', `🦊\u007f${good}`, 2],
    ['a C1 control', `\u0085${good}`, 1],
    ['a high surrogate alone', `${good}\ud83e`, 13],
    ['a low surrogate alone', `\udd8a${good}`, 1],
    ['the replacement character', `${good}\ufffd`, 13],
  ])('%s is refused with its place', (_, password, place) => {
    expect(checkPassword(password, context())).toEqual({ reason: 'not_allowed', value: place })
  })

  test('spaces at either end, quotes, joiners and ligatures are characters like others', () => {
    for (const password of [`  ${good}`, `${good}  `, `"${good}\\'`, `👩\u200d🚀${good}`, `ﬁ${good}`]) {
      expect(checkPassword(password, context())).toBeNull()
    }
  })
})

describe('kinds of characters', () => {
  test.each([
    ['onlylowercase', 1],
    ['lower UPPER', 2],
    ['lowerUPPER7', 3],
    ['lowerUPPER7-', 4],
    ['lowerUPPER7-漢', 5],
    ['straße', 1],
    ['Ωω7', 3],
    ['spaces and €', 1],
    ['ꭰ𐐨', 0],
    ['٣٤٥', 0],
  ])('%s has %i', (password, kinds) => {
    expect(countKinds(password)).toBe(kinds)
  })

  test('each symbol of the list is one', () => {
    for (const symbol of '~!@#$%^&*_-+=`|\\(){}[]:;"\'<>,.?/') expect(countKinds(symbol)).toBe(1)
  })

  test('too few are refused with the number asked for', () => {
    const rules: Rule[] = [{ name: 'character_kinds', value: 3 }]
    const refusal = { reason: 'not_complex', value: 3 }
    expect(checkPassword('only lower case here', context({ rules }))).toEqual(refusal)
    expect(checkPassword(good, context({ rules }))).toBeNull()
  })
})

describe('names', () => {
  test('three characters count where the directory says so, else four', () => {
    expect(checkPassword(`ana${good}`, context())).toBeNull()
    expect(checkPassword(`ana${good}`, context({ rules: [{ name: 'no_name' }] }))?.reason).toBe(
      'contains_name',
    )
    expect(checkPassword(`p0ll${good}`, context())?.reason).toBe('contains_name')
    expect(checkPassword(`al${good}`, context({ rules: [{ name: 'no_name' }], names: ['Al'] }))).toBeNull()
  })

  test('a login is looked for as it is, a word between the signs of the directory too', () => {
    const rules: Rule[] = [{ name: 'no_name' }]
    expect(checkPassword(`a.b${good}`, context({ rules, names: ['a.b'] }))?.reason).toBe('contains_name')
    expect(checkPassword(`d'al${good}`, context({ rules, names: ["Jo D'Al"] }))?.reason).toBe('contains_name')
  })
})

test('a whole common password and an own word are refused', () => {
  expect(checkPassword('Qwertyuiop12', context())).toEqual({ reason: 'banned' })
  expect(checkPassword('Contoso2026!', context())).toEqual({ reason: 'banned' })
})

describe('the rules shown', () => {
  test('the stricter lengths, the directory, ours, and last what only the directory can judge', () => {
    const rules: Rule[] = [
      { name: 'history', value: 24 },
      { name: 'min_length', value: 7 },
      { name: 'character_kinds', value: 3 },
      { name: 'no_name' },
      { name: 'min_age_ms', value: 86_400_000 },
    ]
    expect(shownRules(context({ rules }))).toEqual([
      { name: 'min_length', value: 12 },
      { name: 'max_length', value: 256 },
      { name: 'character_kinds', value: 3 },
      { name: 'no_name' },
      { name: 'not_banned' },
      { name: 'history', value: 24 },
      { name: 'min_age_ms', value: 86_400_000 },
    ])
  })

  test('where the directory may not be asked, ours alone', () => {
    const ours = ['min_length', 'max_length', 'no_name', 'not_banned']
    expect(shownRules(context({ rules: null })).map(rule => rule.name)).toEqual(ours)
  })

  test('a refusal always names a rule that was shown (PWD-07)', () => {
    const names = { too_short: 'min_length', too_long: 'max_length', not_complex: 'character_kinds' }
    const reasons = new Map(Object.entries({ ...names, contains_name: 'no_name', banned: 'not_banned' }))
    const length = fc.integer({ min: 0, max: 40 })
    const property = fc.property(anyText, length, length, (typed, min, max) => {
      const rules: Rule[] = [
        { name: 'min_length', value: min },
        { name: 'max_length', value: max },
        { name: 'character_kinds', value: 2 },
      ]
      const now = context({ rules, minLength: 8 })
      const refusal = checkPassword(typed, now)
      if (refusal === null || refusal.reason === 'not_allowed') return
      const shown = shownRules(now).find(rule => rule.name === reasons.get(refusal.reason))
      expect(shown).toMatchObject(refusal.value === undefined ? {} : { value: refusal.value })
    })
    fc.assert(property, { numRuns: 1_000 })
  })
})

test('what the page ticks off is what is enforced, whatever is typed (PWD-07, PWD-08)', () => {
  const unit = fc.oneof(
    fc.constantFrom(...'aZ7 -|]^\\€ßΩω漢ªՔ🦊\u0301'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  )
  const typed = fc.array(unit, { maxLength: 24 }).map(units => units.join(''))
  const property = fc.property(typed, fc.integer({ min: 0, max: 5 }), (password, kinds) => {
    const rules: Rule[] = [
      { name: 'min_length', value: 8 },
      { name: 'max_length', value: 16 },
      { name: 'character_kinds', value: kinds },
    ]
    const ticked = rules.every(rule => 'value' in rule && isMet(rule.name, rule.value, password) === true)
    const refusal = checkPassword(password, context({ rules, minLength: 0, banned: anything }))
    // A character that cannot be used is refused before any rule is looked at; rules say nothing of it.
    fc.pre(refusal?.reason !== 'not_allowed')
    expect(ticked).toBe(refusal === null)
  })
  fc.assert(property, { numRuns: 2_000, examples: [['\ufffd', 0]] })
})
