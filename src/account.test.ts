import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  isLogin,
  isOwnAddress,
  LOGIN_CHARACTERS_MAX,
  normaliseAddress,
  normaliseLogin,
  refKey,
  sameRef,
  splitLogin,
} from './account.ts'

const DOMAINS = ['contoso.test', 'CONTOSO', 'bücher.test']

describe('the one spelling of a login', () => {
  const spellings = [
    'alice smith',
    'Alice Smith',
    'ALICE SMITH',
    '  alice smith\t',
    'alice   smith',
    'alice\u00a0smith',
    'alice smith@contoso.test',
    'ALICE SMITH@CONTOSO.TEST',
    'contoso\\alice smith',
    'Contoso\\ALICE  SMITH ',
    'ａｌｉｃｅ　ｓｍｉｔｈ',
    'álice smïth',
    'a\u0301lice smith',
    'al\u00adice sm\u200bith',
    'alice smith @contoso.test',
    'contoso\\alice smith@contoso.test',
  ]
  test.each(spellings)('of %o is alice smith', spelling => {
    expect(normaliseLogin(spelling, DOMAINS)).toBe('alice smith')
  })

  it('keeps other people and other domains apart', () => {
    const others = [
      'alice',
      'alicesmith',
      'alice smith@fabrikam.test',
      'fabrikam\\alice smith',
      'alice smith@mail.contoso.test',
    ]
    const keys = others.map(other => normaliseLogin(other, DOMAINS))
    expect(new Set([...keys, 'alice smith']).size).toBe(others.length + 1)
  })

  test.each([
    ['STRASSE', 'straße', 'straẞe'],
    ['ΟΔΟΣ', 'οδος', 'οδοσ'],
    ['İpek', 'ipek', 'IPEK'],
    ['ﬁnn', 'finn', 'FINN'],
    ['Åse@bücher.test', 'åse', 'A\u030ase@BÜCHER.test'],
    ['김', '\u1100\u1175\u11b7', '김@contoso.test'],
  ])('is one for %o, %o and %o', (...same) => {
    expect(new Set(same.map(login => normaliseLogin(login, DOMAINS))).size).toBe(1)
  })

  it('of a spelling is the spelling itself, whatever was typed', () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(
        '@contoso.test',
        'contoso\\',
        '@',
        '\\',
        ' ',
        'ẞ',
        'Σ',
        '.',
        '\u0345',
        'İ',
        'ŉ',
        '\u1e9e',
      ),
    )
    const typed = fc.array(pieces, { maxLength: 6 }).map(parts => parts.join(''))
    const property = fc.property(typed, login => {
      const once = normaliseLogin(login, DOMAINS)
      expect(normaliseLogin(once, DOMAINS)).toBe(once)
    })
    fc.assert(property, { numRuns: 5_000, seed: 1 })
  })
})

describe('a login', () => {
  test.each([
    'alice',
    'alice@contoso.test',
    'CONTOSO\\alice',
    "O'Brien, Ünal (extern)",
    '李小龍',
    ' a ',
    '😀',
    '*',
    ')(uid=*',
  ])('is %o', typed => {
    expect(isLogin(typed)).toBe(true)
  })

  test.each([
    '',
    '   ',
    '\t',
    'a\0',
    'a\nb',
    'a\r\nb',
    'a\u007f',
    'a\u0085',
    'a\u202eb',
    'a\u2066b',
    'a\u200e',
    '\ud800',
    'a\udfff',
  ])('is not %o', typed => {
    expect(isLogin(typed)).toBe(false)
  })

  it('has 256 characters at most, as people count them', () => {
    expect(isLogin('a'.repeat(LOGIN_CHARACTERS_MAX))).toBe(true)
    expect(isLogin('😀'.repeat(LOGIN_CHARACTERS_MAX))).toBe(true)
    expect(isLogin('a'.repeat(LOGIN_CHARACTERS_MAX + 1))).toBe(false)
  })

  it('is told from its domain by the first backslash or the last @', () => {
    expect(['alice', 'a@b@c', 'D\\a@b', '@alice', '\\alice', 'a@'].map(splitLogin)).toEqual([
      { name: 'alice', domain: null },
      { name: 'a@b', domain: 'c' },
      { name: 'a@b', domain: 'D' },
      { name: '@alice', domain: null },
      { name: '\\alice', domain: null },
      { name: 'a', domain: '' },
    ])
  })
})

describe('an address', () => {
  test.each([
    ['Anna@EXAMPLE.Test', 'Anna@example.test'],
    ['anna@bücher.test', 'anna@xn--bcher-kva.test'],
    ['anna@BÜCHER.test', 'anna@xn--bcher-kva.test'],
    ['anna@ｅｘａｍｐｌｅ.test', 'anna@example.test'],
    ["o'brien+reset@mail.example.test", "o'brien+reset@mail.example.test"],
    ['jürgen@example.test', 'jürgen@example.test'],
  ])('%o is kept as %o', (typed, kept) => {
    expect(normaliseAddress(typed)).toBe(kept)
    expect(normaliseAddress(kept)).toBe(kept)
  })

  const none = [
    '',
    'anna',
    '@example.test',
    'anna@',
    'anna@localhost',
    'a b@example.test',
    'a@b@example.test',
    'a,b@example.test',
    'a;b@example.test',
    '"a b"@example.test',
    '<anna@example.test>',
    'Anna <anna@example.test>',
    'anna@example.test, bob@example.test',
    'anna@example.test\r\nBcc: bob@example.test',
    'anna\0@example.test',
    'anna\u202e@example.test',
    'anna\u200b@example.test',
    'anna@example.test:25',
    'anna@example.test/x',
    'anna@example.test?x',
    'anna@[192.0.2.1]',
    'anna@192.0.2.1',
    'anna@0x7f.1',
    'anna@2130706433.',
    'anna@-.test.',
    `${'a'.repeat(250)}@example.test`,
    `anna@${'ü'.repeat(60)}.${'ü'.repeat(60)}.${'ü'.repeat(60)}.${'ü'.repeat(40)}.test`,
  ]
  test.each(none)('is not %o', typed => {
    expect(normaliseAddress(typed)).toBeNull()
  })

  it('is our own where its domain is one of ours or below it', () => {
    const own = ['a@contoso.test', 'a@CONTOSO.TEST', 'a@mail.contoso.test']
    const foreign = [
      'a@notcontoso.test',
      'a@contoso.test.example.org',
      'a@example.org',
      'contoso.test@example.org',
    ]
    expect(own.map(address => isOwnAddress(address, ['Contoso.test']))).toEqual([true, true, true])
    expect(foreign.map(address => isOwnAddress(address, ['contoso.test']))).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})

test('a reference is the same where directory and id are, and its key cannot be made by another pair', () => {
  const ref = { directory: 'a', id: 'b' }
  expect([
    sameRef(ref, { ...ref }),
    sameRef(ref, { ...ref, id: 'c' }),
    sameRef(ref, { ...ref, directory: 'c' }),
  ]).toEqual([true, false, false])
  expect(refKey({ directory: 'a', id: 'bc' })).not.toBe(refKey({ directory: 'ab', id: 'c' }))
})
