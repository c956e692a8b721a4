import { foldPassword, wordsOf } from './banned-fold.ts'
import { QUESTION_BOUNDS } from './topics.ts'

/** More is not even normalised: 40 characters with all their marks are far below it (DOS-05). */
const UNITS_MAX = 512

/** What no keyboard types, NUL among it, and halves of characters. */
const UNUSABLE = /[\p{Cc}\p{Cs}\ufffd]/u

/**
 * The one spelling of an answer (KBQ-02): NFKC, case folded, invisible letters cut off, trimmed, inner spaces as one.
 * Null where it is too long to look at, or holds a character that cannot be typed. Idempotent.
 */
export function normaliseAnswer(typed: string): string | null {
  if (typed.length > UNITS_MAX) return null
  const folded = foldPassword(typed.replace(/\p{Cf}/gu, ''))
    .replace(/\s+/gu, ' ')
    .trim()
  return UNUSABLE.test(folded) ? null : folded
}

/** An answer without what people leave out at times: spaces and punctuation. */
const bare = (normal: string): string => normal.replace(/[\p{P}\p{Z}]+/gu, '')

/** Why an answer is no good, so that a page can say which and what to do (KBQ-06). */
export type Weakness =
  | 'too_short'
  | 'too_long'
  | 'not_allowed'
  | 'own_name'
  | 'in_question'
  | 'same_as_another'
  | 'common'

/** Whose answers they are: names and logins; and the wordings of a question in every language that we have. */
export type AnswersOf = {
  readonly names: readonly string[]
  readonly wordings: (question: string) => readonly string[]
}

/**
 * Judges answers by question at registration. Those that are good are left out: empty means that all may be kept. Lengths
 * are code points of the normalised answer.
 */
export function weaknesses(
  answers: ReadonlyMap<string, string>,
  { names, wordings }: AnswersOf,
): ReadonlyMap<string, Weakness> {
  const spelled = [...answers].map(([question, typed]) => [question, normaliseAnswer(typed)] as const)
  const joined = spelled.map(([, answer]) => bare(answer ?? ''))
  return new Map(
    spelled.flatMap(([question, answer], index) => {
      const hasTwin = joined.some((other, at) => at !== index && other !== '' && other === joined[index])
      const why = weaknessOf(answer, names, wordings(question)) ?? (hasTwin ? 'same_as_another' : null)
      return why ? [[question, why] as const] : []
    }),
  )
}

function weaknessOf(
  answer: string | null,
  names: readonly string[],
  wordings: readonly string[],
): Weakness | null {
  if (answer === null) return 'not_allowed'
  const { min, max } = QUESTION_BOUNDS.answerCharacters
  if ([...bare(answer)].length < min) return 'too_short'
  if ([...answer].length > max) return 'too_long'
  if (isOfWords(answer, names)) return 'own_name'
  if (isOfWords(answer, wordings)) return 'in_question'
  return isCommon(answer) ? 'common' : null
}

/** Nothing in it but words of one of these texts, in whatever order; in scripts without spaces: a piece of the text. */
function isOfWords(answer: string, texts: readonly string[]): boolean {
  const words = answer.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  const isUnspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(answer)
  return texts.some(text => {
    const folded = foldPassword(text)
    const known = new Set([...wordsOf(text), bare(folded)])
    return (
      (words.length > 0 && words.every(word => known.has(word))) ||
      known.has(bare(answer)) ||
      (isUnspaced && folded.includes(answer))
    )
  })
}

/** What stands for "no answer", what is typed to get past a field, and what most people say to the questions of taste. */
const COMMON = new Set(
  [
    'none nothing unknown nobody never null test testing answer password secret qwerty qwertz asdf asdfgh abcd name yes',
    'idk dontknow idontknow forgot default whatever something example admin user hello letmein iloveyou same various',
    'pizza pasta burger hamburger steak chicken sushi chocolate icecream spaghetti lasagne lasagna football soccer',
    'basketball baseball tennis superman batman spiderman teacher doctor police firefighter astronaut teddy teddybear',
    'keine keiner nichts niemand unbekannt weissnicht weissichnicht antwort passwort geheim fussball schnitzel lehrer',
    'arzt pilot feuerwehrmann',
    'لاشيء لايوجد مجهول لااعرف كلمةالسر سر بيتزا كرةالقدم',
    'なし無し ありません わからない 分からない 不明 秘密 パスワード ピザ カレー カレーライス 寿司 ラーメン サッカー 野球',
  ]
    .join(' ')
    .split(' ')
    .map(foldPassword),
)

const RUNS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'qwertzuiop',
  'asdfghjkl',
  'yxcvbnm',
  'zxcvbnm',
]

/** One character over and over, a run of the keyboard or of digits, either way, or one of the list. */
function isCommon(answer: string): boolean {
  const plain = bare(answer)
  const backwards = [...plain].reverse().join('')
  return (
    new Set(plain).size === 1 ||
    COMMON.has(plain) ||
    RUNS.some(run => run.includes(plain) || run.includes(backwards))
  )
}
