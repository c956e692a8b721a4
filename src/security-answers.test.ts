import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { normaliseAnswer, weaknesses } from './security-answers.ts'

describe('the one spelling of an answer', () => {
  test.each([
    ['  New   York ', 'new york'],
    ['Straße', 'strasse'],
    ['STRASSE', 'strasse'],
    ['Ｆｕｌｌ　Ｗｉｄｔｈ', 'full width'],
    ['e\u0301te\u0301', 'été'],
    ['Οδυσσεύς', 'οδυσσεύσ'],
    ['ni\u200bco\u202e', 'nico'],
    ['東京\u3000都', '東京 都'],
  ])('of %j is %j', (typed, normal) => {
    expect(normaliseAnswer(typed)).toBe(normal)
  })

  test.each(['a\0b', '\ud800bc', 'x'.repeat(513), 'ab\u0007c', '\ufffdabc'])('of %j is none', typed => {
    expect(normaliseAnswer(typed)).toBeNull()
  })

  it('is one for all cases and forms, and stays when it is made again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), typed => {
        const once = normaliseAnswer(typed)
        if (once === null) return
        expect(normaliseAnswer(once)).toBe(once)
        expect(normaliseAnswer(typed.normalize('NFD'))).toBe(once)
        expect(normaliseAnswer(` ${typed}  `)).toBe(once)
      }),
    )
  })
})

const who = {
  names: ['ann.example', 'Ann van der Exámple'],
  wordings: () => ['What was your first pet called?', '最初に飼ったペットの名前は何ですか。'],
}
const judged = (...answers: string[]) =>
  Object.fromEntries(weaknesses(new Map(answers.map((answer, index) => [`q${index}`, answer])), who))

describe('an answer', () => {
  test.each([
    ['ab', 'too_short'],
    ['  a b  ', 'too_short'],
    ['...', 'too_short'],
    ['x'.repeat(20) + ' y'.repeat(11), 'too_long'],
    ['ab\0c', 'not_allowed'],
    ['Ann', 'own_name'],
    ['exámple, ANN', 'own_name'],
    ['ann.example', 'own_name'],
    ['annexample', 'own_name'],
    ['First Pet', 'in_question'],
    ['ペット', 'in_question'],
    ['aaaa', 'common'],
    ['1234', 'common'],
    ['4321', 'common'],
    ['Qwertz', 'common'],
    ['I don’t know', 'common'],
    ['パスワード', 'common'],
    ['لا شيء', 'common'],
  ])('%j is refused as %s', (answer, why) => {
    expect(judged(answer)).toEqual({ q0: why })
  })

  test.each([
    'Annabel',
    'Anna',
    'Rex',
    'New Orleans',
    '田中さん',
    '🐶🐱🐭',
    'May 1970',
    '7312',
    'Petra',
    `${'x'.repeat(39)}y`,
  ])('%j is taken', answer => {
    expect(judged(answer)).toEqual({})
  })

  it('equal to another, however it is spelled, is refused with it', () => {
    expect(judged('Blue Lagoon', 'blue-lagoon', 'Something Else')).toEqual({
      q0: 'same_as_another',
      q1: 'same_as_another',
    })
    expect(judged('ab', 'AB')).toEqual({ q0: 'too_short', q1: 'too_short' })
  })
})
