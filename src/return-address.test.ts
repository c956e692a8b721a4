import { describe, expect, it } from 'vitest'
import { signatureOf } from './lib/signature.ts'
import { type AskedReturn, isListed, refusalOf, signedText } from './return-address.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SECRET = 'a secret that both sides know, 32 or more'
const BACK = 'https://portal.example.org/back?from=postern'
const APPLICATIONS = [
  { name: 'portal', secret: SECRET, returnAddresses: [BACK] },
  { name: 'other', secret: `${SECRET}!`, returnAddresses: ['https://other.example.org/'] },
]
const expires = (seconds: number): string => String(NOW / 1000 + seconds)

const signed = (more: Partial<AskedReturn> = {}, secret = SECRET): AskedReturn => {
  const asked = { app: 'portal', returnTo: BACK, expires: expires(600), ...more }
  return { signature: signatureOf(secret, signedText(asked)), ...asked }
}
const refusal = (asked: AskedReturn) => refusalOf(APPLICATIONS, asked, NOW)

describe('a return address', () => {
  it('is taken where it is signed, listed and in time, padded or not', () => {
    expect(refusal(signed())).toBeNull()
    expect(refusal({ ...signed(), signature: `${signed().signature}=` })).toBeNull()
    expect(refusal(signed({ expires: expires(86_400) }))).toBeNull()
  })

  it.each<[string, string, AskedReturn]>([
    ['nobody we know', 'unknown_app', signed({ app: 'nobody' })],
    ['no signature', 'unsigned', { ...signed(), signature: '' }],
    ['the secret of another', 'altered', signed({}, `${SECRET}!`)],
    ['another address than was signed', 'altered', { ...signed(), returnTo: 'https://other.example.org/' }],
    ['a longer life than was signed', 'altered', { ...signed(), expires: expires(700) }],
    ['another name than was signed', 'altered', { ...signed(), app: 'other' }],
    ['a line end in it', 'altered', signed({ returnTo: `${BACK}\n${expires(600)}` })],
    ['a moment that is none', 'altered', signed({ expires: '1e9' })],
    ['a moment that is over', 'expired', signed({ expires: expires(0) })],
    ['more than a day', 'too_far', signed({ expires: expires(86_401) })],
    ['an address of another application', 'not_listed', signed({ returnTo: 'https://other.example.org/' })],
  ])('is refused for %s', (_what, why, asked) => expect(refusal(asked)).toBe(why))

  it.each([
    '//portal.example.org/back',
    '/\\portal.example.org/back',
    'https:portal.example.org/back',
    'javascript:alert(1)',
    'https://portal.example.org@evil.example/back',
    `${BACK}#`,
    `${BACK}%20`,
    BACK.toUpperCase(),
    '',
  ])('is followed by the letter, whoever signed it: %s', returnTo =>
    expect(refusal(signed({ returnTo }))).toBe('not_listed'),
  )
})

it('what left the list leads nowhere', () => {
  expect(isListed(APPLICATIONS, 'portal', BACK)).toBe(true)
  expect(isListed(APPLICATIONS, 'other', BACK)).toBe(false)
  expect(isListed([], 'portal', BACK)).toBe(false)
})
