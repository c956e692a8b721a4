// The pages of a reset in every state that looks different.
import type { VNode } from 'preact'
import type { ChallengeView, ResetView } from '../src/actions/view.ts'
import { minutes, seconds } from '../src/lib/clock.ts'
import type { FormProblem } from '../src/web/forms.tsx'
import type { PageContext } from '../src/web/page.ts'
import { ResetPage } from '../src/web/reset/pages.tsx'

export type Sample = { readonly name: string; readonly tree: VNode }

/** Half past two in the afternoon in Berlin. */
export const SAMPLE_NOW = Date.UTC(2026, 2, 3, 13, 31)
const NOW = SAMPLE_NOW

const VIEW: ResetView = {
  id: 'r',
  goal: 'password',
  state: 'proving',
  gates: { required: 2, passed: 0 },
  methods: [
    { id: 'm1', name: 'app_code', hint: null },
    { id: 'm2', name: 'email', hint: null },
    { id: 'm3', name: 'recovery_code', hint: null },
  ],
  challenge: null,
  rules: null,
  refusal: null,
  failed: null,
  expiresAt: NOW + minutes(29),
  extensionsLeft: 10,
  reference: 'K7-4QF',
  locale: 'en',
  shared: false,
}

const APP: ChallengeView = {
  method: 'm1',
  name: 'app_code',
  prompt: { kind: 'code', format: 'digits', length: 6 },
  triesLeft: 5,
  resendAfter: null,
  expiresAt: NOW + minutes(10),
}
const MAIL_PROMPT = { kind: 'code', format: 'digits', length: 8, sentTo: null } as const
const MAIL: ChallengeView = {
  ...APP,
  method: 'm2',
  name: 'email',
  prompt: MAIL_PROMPT,
  resendAfter: NOW + seconds(60),
}
const RECOVERY: ChallengeView = {
  ...APP,
  method: 'm3',
  name: 'recovery_code',
  prompt: { kind: 'code', format: 'base32', length: 16 },
}
const PASSKEY: ChallengeView = {
  ...APP,
  method: 'm0',
  name: 'passkey',
  prompt: {
    kind: 'passkey',
    options: {
      challenge: 'bm90IHNlY3JldCwgYW5kIGxvbmcgZW5vdWdoIHRvIGJlIG9uZQ',
      timeout: 300_000,
      rpId: 'localhost',
      userVerification: 'required',
    },
  },
}
const QUESTIONS: ChallengeView = {
  ...APP,
  method: 'm4',
  name: 'security_questions',
  prompt: {
    kind: 'questions',
    questions: [
      { id: 'first_pet', text: null },
      { id: 'oldest_sibling_birth_month', text: null },
      { id: 'badge', text: 'Which colour was your first staff badge?' },
    ],
  },
}
const SECOND = { required: 2, passed: 1 } as const

const RULES = [
  { name: 'min_length', value: 12 },
  { name: 'history', value: 24 },
  { name: 'character_kinds', value: 3 },
  { name: 'no_name' },
  { name: 'not_banned' },
] as const

const NEXT = {
  text: 'Our service desk is in building 4.\n\nVisitors of the library sign in again at the kiosk.',
  signInUrl: 'https://login.example.test/',
  returnTo: null,
  stay: false,
}

type State = { readonly name: string; readonly view: Partial<ResetView>; readonly problem?: FormProblem }
const WRONG: FormProblem = { kind: 'answer_wrong' }

const STATES: readonly State[] = [
  { name: 'choose', view: {} },
  {
    name: 'choose-second',
    view: {
      gates: SECOND,
      methods: [
        { id: 'm2', name: 'email', hint: 'a…@…' },
        { id: 'm3', name: 'recovery_code', hint: null },
      ],
    },
  },
  { name: 'code-app', view: { challenge: APP } },
  { name: 'code-app-wrong', view: { challenge: { ...APP, triesLeft: 3 } }, problem: WRONG },
  { name: 'code-app-over', view: { challenge: { ...APP, triesLeft: 0 } }, problem: WRONG },
  { name: 'code-mail', view: { challenge: MAIL } },
  {
    name: 'code-mail-second',
    view: { gates: SECOND, challenge: { ...MAIL, prompt: { ...MAIL_PROMPT, sentTo: 'a…@…' } } },
  },
  { name: 'code-mail-expired', view: { challenge: { ...MAIL, expiresAt: NOW - 1 } } },
  { name: 'code-recovery', view: { challenge: RECOVERY, methods: VIEW.methods.slice(2) } },
  { name: 'passkey', view: { challenge: PASSKEY } },
  {
    name: 'passkey-wrong',
    view: { challenge: { ...PASSKEY, triesLeft: 3 } },
    problem: { kind: 'passkey_wrong' },
  },
  { name: 'questions', view: { gates: SECOND, challenge: QUESTIONS } },
  {
    name: 'questions-wrong',
    view: { gates: SECOND, challenge: { ...QUESTIONS, triesLeft: 3 } },
    problem: { kind: 'answers_wrong' },
  },
  { name: 'questions-over', view: { gates: SECOND, challenge: { ...QUESTIONS, triesLeft: 0 } } },
  { name: 'code-shared', view: { challenge: APP, shared: true, expiresAt: NOW + seconds(100) } },
  { name: 'password', view: { state: 'password', rules: RULES } },
  {
    name: 'password-shared',
    view: { state: 'password', rules: RULES, shared: true, expiresAt: NOW + minutes(25) },
  },
  { name: 'password-unknown-rules', view: { state: 'password', rules: null } },
  {
    name: 'password-refused',
    view: { state: 'password', rules: RULES, refusal: { reason: 'too_short', value: 12 } },
  },
  { name: 'unlock', view: { state: 'password', goal: 'unlock' } },
  { name: 'writing', view: { state: 'writing' } },
  { name: 'writing-unlock', view: { state: 'writing', goal: 'unlock' } },
  { name: 'uncertain', view: { state: 'uncertain' } },
  { name: 'done', view: { state: 'done' } },
  { name: 'done-shared', view: { state: 'done', shared: true } },
  { name: 'done-unlock', view: { state: 'done', goal: 'unlock' } },
  { name: 'failed-expired', view: { state: 'failed', failed: { why: 'expired', supportCode: null } } },
  { name: 'failed-locked', view: { state: 'failed', failed: { why: 'locked', supportCode: null } } },
  { name: 'failed-denied', view: { state: 'failed', failed: { why: 'denied', supportCode: null } } },
  { name: 'failed-cancelled', view: { state: 'failed', failed: { why: 'cancelled', supportCode: null } } },
  {
    name: 'failed-not-eligible',
    view: { state: 'failed', failed: { why: 'not_eligible', supportCode: 'SSPR_0014' } },
  },
]

export const resetSamples = (page: PageContext): Sample[] =>
  STATES.map(({ name, view, problem }) => ({
    name,
    tree: <ResetPage page={page} view={{ ...VIEW, ...view }} problem={problem ?? null} next={NEXT} />,
  }))
