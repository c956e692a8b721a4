import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type BannedWords, createBannedWords } from './banned.ts'
import { loadCommonPasswords } from './cmd/common-passwords.ts'
import { type CommonPasswords, createCommonPasswords } from './common-passwords.ts'

const nothing = createCommonPasswords([])
const banning = (own: readonly string[], organisation = ''): BannedWords =>
  createBannedWords({ own, organisation, common: nothing })

/** Every password that the documentation gives (spec/entra-sspr.md 4.3), with its own lists. */
describe('the twelve documented examples', () => {
  const examples: [password: string, own: string[], names: string[], refusal: string | null][] = [
    ['Bl@nK', ['blank'], [], 'banned'],
    ['abcdeg', ['abcdef'], [], 'banned'],
    ['abcdefg', ['abcdef'], [], 'banned'],
    ['abcde', ['abcdef'], [], 'banned'],
    ['p0LL23fb', [], ['Poll'], 'contains_name'],
    ['C0ntos0Blank12', ['contoso', 'blank'], [], 'banned'],
    ['ContoS0Bl@nkf9!', ['contoso', 'blank'], [], null],
    ['Contoso!1', ['contoso', 'london', 'widget'], [], 'banned'],
    ['Contoso@London', ['contoso', 'london', 'widget'], [], 'banned'],
    ['ContosoWidget', ['contoso', 'london', 'widget'], [], 'banned'],
    ['!Contoso', ['contoso', 'london', 'widget'], [], 'banned'],
    ['LondonHQ', ['contoso', 'london', 'widget'], [], 'banned'],
  ]
  test.each(examples)('%s', (password, own, names, refusal) => {
    expect(banning(own).judge(password, names)).toBe(refusal)
  })
})

describe('what leaves only digits and symbols', () => {
  const words = banning(['contoso', 'widget'])
  test.each([
    'Contoso2026!',
    '2026!contoso#73912',
    'Contoso-Widget-83217',
    'C0nt0s02026!',
    'Contozo2026!',
    '１２３contoso９９８８７７',
    `contoso${'!'.repeat(200)}`,
    'contoso'.repeat(36),
  ])('%s is refused, however many points it has', password => {
    expect(words.judge(password, [])).toBe('banned')
  })

  test('one letter more is enough, and so is a password without any letter', () => {
    expect(words.judge('Contoso2026!x', [])).toBeNull()
    expect(words.judge('8351-9027-6644', [])).toBeNull()
  })
})

describe('a name', () => {
  const words = banning([], 'Example Works')
  test.each([
    ['xx-Poll-yy-8817', ['Ana Poll'], 'contains_name'],
    ['quick-P0LL-river', ['Ana Poll'], 'contains_name'],
    ['ana-river-mountain', ['Ana Poll'], null],
    ['my-ana-poll-river', ['Ana Poll'], 'contains_name'],
    ['river.anapoll.8817', ['Ana Poll'], 'contains_name'],
    ['ANNALEE-river', ['Anna-Lee'], 'contains_name'],
    ['straße-and-river', ['STRASSE'], 'contains_name'],
    ['ｍüｌｌｅｒ-and-river', ['Müller'], 'contains_name'],
    ['Νίκος-and-river', ['ΝΊΚΟΣ'], 'contains_name'],
    ['ilker-and-river', ['İlker'], 'contains_name'],
    ['hills-example-lakes', [], 'banned'],
    ['hills-exampleworks', [], 'banned'],
    ['hills-and-lakes-9', ['', ' ', '-'], null],
  ] as const)('%s of %j: %s', (password, names, refusal) => {
    expect(words.judge(password, names)).toBe(refusal)
  })
})

describe('the score', () => {
  test('a term with one edit is one point', () => {
    const words = banning(['lemonade'])
    expect(words.judge('lemonadxqzv', [])).toBe('banned')
    expect(words.judge('lemonadxqzvk', [])).toBeNull()
  })

  test('a short term inside does not hide a longer one with an edit', () => {
    expect(banning(['lemonade', 'lemo']).judge('lemonadxqzv', [])).toBe('banned')
  })

  test('a character outside the first plane is one point', () => {
    expect(banning(['contoso']).judge('contoso𐐨𐐨𐐨', [])).toBe('banned')
    expect(banning(['contoso']).judge('contosoq𐐨𐐨𐐨', [])).toBeNull()
  })

  test('more banned terms never make a password better', () => {
    const part = fc.constantFrom('contoso', 'london', 'blank', 'x', '7', '!', 'lo', 'condon')
    const property = fc.property(fc.array(part, { maxLength: 6 }), parts => {
      const password = parts.join('')
      const few = banning(['contoso']).judge(password, [])
      const many = banning(['contoso', 'london', 'blank']).judge(password, [])
      expect(few === null || many === 'banned').toBe(true)
    })
    fc.assert(property, { numRuns: 1_000 })
  })
})

describe('the shipped list', () => {
  let common: CommonPasswords
  let words: BannedWords
  beforeAll(async () => {
    common = await loadCommonPasswords()
    words = createBannedWords({ own: [], organisation: '', common })
  })

  test.each([
    'password',
    'Passw0rd',
    'qwertyuiop',
    'Password2026!',
    'Sunshine-2026-07',
    'iloveyou!!!!!!!!',
    'Monkey-Dragon-2026!',
    'Password-Password-Password-Password',
    'monkeydragonsunshine',
    '123456789987654321',
  ])('%s is refused', password => {
    expect(words.judge(password, [])).toBe('banned')
  })

  test.each([
    'correct horse battery staple',
    'correcthorsebatterystaple',
    'Monkey-Dragon-Sunshine',
    'tiger banana winter garden',
    'vK8#qZr2!mWp',
    'ручей течёт под горой',
  ])('%s is accepted', password => {
    expect(words.judge(password, [])).toBeNull()
  })

  test('the longest passwords are judged as well', () => {
    expect(words.judge('monkey dragon '.repeat(18), [])).toBe('banned')
    expect(words.judge(`${'monkey dragon '.repeat(18)}x`, [])).toBeNull()
  })
})
