import type { Phrases, Texts } from './lib/texts.ts'
import type { Messages } from './messages.ts'

/**
 * What people may be asked, once they chose it (spec/entra-sspr.md 2.5, the 35 of Microsoft). The words are
 * `topic.<id>` in `locales/`. An id stands in sealed secrets and in files of imports: it never changes.
 */
export const TOPICS = [
  'mother_middle_name',
  'father_middle_name',
  'mother_birth_city',
  'father_birth_city',
  'parents_met_city',
  'maternal_grandmother',
  'paternal_grandfather',
  'oldest_sibling_middle_name',
  'youngest_sibling_middle_name',
  'oldest_sibling_birth_month',
  'nearest_sibling_city',
  'first_partner_city',
  'wedding_reception_place',
  'first_love',
  'childhood_friend',
  'first_school',
  'sixth_grade_school',
  'grade_school_teacher',
  'high_school_teacher',
  'high_school_sport',
  'college_not_attended',
  'childhood_nickname',
  'childhood_hero',
  'first_pet',
  'stuffed_toy',
  'first_street',
  'childhood_phone',
  'childhood_dream_job',
  'birth_hospital',
  'new_year_2000_city',
  'first_job',
  'first_job_city',
  'first_car',
  'favourite_food',
  'famous_person_met',
] as const
export type TopicId = (typeof TOPICS)[number]

export const isTopic = (id: string): id is TopicId => TOPICS.some(topic => topic === id)

/** A topic of the organisation's own, shown as it was typed (decisions 3.10). */
export type OwnTopic = { readonly id: string; readonly text: string }

/** What the policy says of questions. `asked` is at most `registered`. */
export type QuestionSettings = {
  /** How many a person registers: 3, 4 or 5. */
  readonly registered: number
  /** How many of those are asked, and must all be right: 3, 4 or 5. */
  readonly asked: number
  readonly own: readonly OwnTopic[]
}

/** A question as a page says it: ours in its language, the organisation's as it was typed. */
export const questionText = (
  texts: Phrases<Messages>,
  { id, text }: { readonly id: string; readonly text: string | null },
): string => text ?? (isTopic(id) ? texts.t(`topic.${id}`) : id)

/** Every wording of a question of ours: an answer must not be made of its words in any language. */
export const wordingsIn =
  (texts: Texts<Messages>) =>
  (id: string): string[] =>
    texts.locales.map(locale => questionText(texts.for(locale, 'UTC'), { id, text: null }))

/** spec/entra-sspr.md 2.5. */
export const QUESTION_BOUNDS = {
  count: { min: 3, max: 5 },
  own: 20,
  textCharacters: { min: 3, max: 200 },
  answerCharacters: { min: 3, max: 40 },
} as const
