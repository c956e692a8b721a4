import type { Answer } from '../method.ts'
import { assertionIn } from './passkey-json.ts'
import { ANSWER_FIELD } from './prompts.tsx'

type Fields = Readonly<Record<string, string | undefined>>

/** What a form of `prompts.tsx` carries: one field, by the kind of its prompt. */
export function postedAnswer(
  fields: Fields,
): Answer | { readonly missing: 'answer_missing' | 'answers_missing' | 'passkey_missing' } {
  const { code, passkey } = fields
  const answers = answersIn(fields)
  if (answers.length > 0) {
    const isWhole = answers.every(([, typed]) => typed.trim() !== '')
    return isWhole
      ? { kind: 'questions', answers: Object.fromEntries(answers) }
      : { missing: 'answers_missing' }
  }
  if (passkey !== undefined) {
    const assertion = assertionIn(passkey)
    return assertion ? { kind: 'passkey', assertion } : { missing: 'passkey_missing' }
  }
  return code?.trim() ? { kind: 'code', code } : { missing: 'answer_missing' }
}

/** Answers by question, in the order of the page. */
export const answersIn = (fields: Fields): [string, string][] =>
  Object.entries(fields).flatMap(([name, typed]) =>
    name.startsWith(ANSWER_FIELD) ? [[name.slice(ANSWER_FIELD.length), typed ?? ''] as [string, string]] : [],
  )
