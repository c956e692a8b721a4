// The pages of sign-in and of security info, in every state that looks different, with sample people.
import type { Held, SecurityInfo } from '../src/actions/security-info.ts'
import { days, hours, minutes } from '../src/lib/clock.ts'
import type { Challenge } from '../src/reset.ts'
import type { Session } from '../src/session.ts'
import { TOPICS } from '../src/topics.ts'
import type { BotCheckParts } from '../src/web/bot-check.tsx'
import type { PageContext } from '../src/web/page.ts'
import { ActivityPage } from '../src/web/security-info/activity.tsx'
import { AddPage, AddressPage, CodesPage } from '../src/web/security-info/add.tsx'
import { InfoPage } from '../src/web/security-info/info.tsx'
import { MethodPage } from '../src/web/security-info/method.tsx'
import { TokenPage } from '../src/web/security-info/token.tsx'
import { SignInPage, StepPage } from '../src/web/sign-in/pages.tsx'
import { PassPage } from '../src/web/sign-in/pass-page.tsx'
import { SAMPLE_NOW as NOW, type Sample } from './reset-samples.tsx'

const session: Session = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  account: { directory: 'people', id: 'sample' },
  subject: 'subject',
  login: 'alex',
  displayName: 'Alex Example',
  locale: 'en',
  source: '192.0.2.7',
  browser: 'Firefox',
  known: false,
  shared: false,
  reference: 'K7-4QF',
  entry: 'password',
  firstAt: NOW,
  secondAt: null,
  hasSecondFactor: false,
  entered: true,
  step: null,
  pending: null,
  startedAt: NOW,
  seenAt: NOW,
}

const held = (id: string, method: Held['method'], more: Partial<Held> = {}): Held => ({
  id,
  method,
  label: null,
  hint: null,
  serial: null,
  isWaiting: false,
  source: 'person',
  confirmedAt: NOW - days(40),
  countsFrom: null,
  decidesFrom: null,
  lastUsedAt: null,
  isUsedUp: false,
  ...more,
})

export const HELD: readonly Held[] = [
  held('1', 'app_code', { label: 'new phone', lastUsedAt: NOW - days(2) }),
  held('2', 'email', { hint: 'a…@…', countsFrom: NOW + hours(24) }),
  held('3', 'email', { hint: 'w…@…', source: 'directory', confirmedAt: null }),
  held('4', 'recovery_code', { isUsedUp: true }),
  held('5', 'hardware_code', {
    serial: 'GALT-2308724',
    isWaiting: true,
    confirmedAt: null,
    source: 'import',
  }),
]

export const info = (more: Partial<SecurityInfo>): SecurityInfo => ({
  session,
  held: HELD,
  addable: ['passkey', 'app_code', 'email', 'recovery_code'],
  gates: 2,
  isEnough: false,
  isFresh: true,
  heldUntil: null,
  unconfirmed: ['3'],
  ...more,
})

const option = (id: string, method: Held['method'], hint: string | null) =>
  ({ id, method, enrollment: id, channel: id, source: 'person', hint }) as const
const OPTIONS = [option('1', 'app_code', null), option('2', 'recovery_code', null)]
const CHALLENGE: Challenge = {
  option: '1',
  method: 'app_code',
  prompt: { kind: 'code', format: 'digits', length: 6 },
  state: '',
  tries: 1,
  beganAt: NOW,
  resendAfter: null,
  expiresAt: NOW + minutes(30),
}
const asked = (open: string | null): Session => ({
  ...session,
  entered: false,
  step: { options: OPTIONS, challenges: [CHALLENGE], open },
})

const pending = (method: Held['method'], prompt: unknown) => ({
  id: 'p',
  method,
  prompt,
  state: '',
  tries: 0,
  expiresAt: NOW + minutes(10),
})
const APP = {
  kind: 'app',
  key: 'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ',
  uri: 'otpauth://totp/Fabrikam:alex?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Fabrikam',
  length: 6,
}

const PASSKEY = {
  kind: 'passkey',
  options: { challenge: 'AAAA', user: { id: 'AAAA' }, excludeCredentials: [] },
}

const QUESTIONS = {
  kind: 'questions',
  count: 3,
  questions: [
    ...TOPICS.map(id => ({ id, text: null })),
    { id: 'badge', text: 'Which colour was your first staff badge?' },
  ],
}

export const infoSamples = (before: PageContext, page: PageContext, parts: BotCheckParts): Sample[] => [
  ...doorSamples(before, page, parts),
  ...listSamples(signedIn(page)),
  ...addSamples(signedIn(page)),
]

const signedIn = (page: PageContext): PageContext => ({
  ...page,
  signIn: { endsAt: NOW + minutes(15), mayStay: true },
})

function doorSamples(before: PageContext, page: PageContext, parts: BotCheckParts): Sample[] {
  const door = {
    page: before,
    login: '',
    loginExample: 'alex',
    shared: false,
    isAgain: false,
    closedUntil: null,
  }
  return [
    { name: 'sign-in', tree: <SignInPage {...door} problem={null} {...parts} /> },
    {
      name: 'sign-in-wrong',
      tree: <SignInPage {...door} login="alex" problem={{ kind: 'sign_in_wrong' }} {...parts} />,
    },
    {
      name: 'sign-in-later',
      tree: <SignInPage {...door} problem={null} closedUntil={NOW + minutes(50)} {...parts} />,
    },
    { name: 'pass', tree: <PassPage {...door} problem={null} {...parts} /> },
    {
      name: 'pass-wrong',
      tree: <PassPage {...door} login="alex" problem={{ kind: 'pass_wrong' }} {...parts} />,
    },
    { name: 'step-choose', tree: <StepPage page={page} session={asked(null)} problem={null} /> },
    {
      name: 'step-answer',
      tree: <StepPage page={page} session={asked('1')} problem={{ kind: 'answer_wrong' }} />,
    },
  ]
}

const listSamples = (page: PageContext): Sample[] => [
  { name: 'info', tree: <InfoPage page={page} info={info({})} problem={null} /> },
  { name: 'info-empty', tree: <InfoPage page={page} info={info({ held: [] })} problem={null} /> },
  { name: 'info-enough', tree: <InfoPage page={page} info={info({ isEnough: true })} problem={null} /> },
  {
    name: 'info-by-pass',
    tree: (
      <InfoPage
        page={page}
        info={info({
          session: { ...session, entry: 'pass' },
          held: ['app_code', 'email'].map((method, i) =>
            held(`${i}`, method as Held['method'], { decidesFrom: NOW + hours(24) }),
          ),
        })}
        problem={{ kind: 'change_refused', why: 'pass_adds_only' }}
      />
    ),
  },
  {
    name: 'info-held',
    tree: (
      <InfoPage
        page={page}
        info={info({ heldUntil: NOW + hours(20) })}
        problem={{ kind: 'change_refused', why: 'held' }}
      />
    ),
  },
  {
    name: 'method',
    tree: <MethodPage page={page} held={HELD[0] ?? held('1', 'app_code')} problem={null} />,
  },
  {
    name: 'token',
    tree: (
      <TokenPage
        page={page}
        held={HELD[4] ?? held('5', 'hardware_code')}
        problem={{ kind: 'answer_wrong' }}
      />
    ),
  },
  {
    name: 'activity',
    tree: (
      <ActivityPage
        page={page}
        activities={[
          { id: 2, name: 'enrollment.added', at: NOW, method: 'app_code', where: ['Firefox', '192.0.2.7'] },
          { id: 1, name: 'sign_in.failed', at: NOW - days(1), method: null, where: ['192.0.2.99'] },
        ]}
      />
    ),
  },
  { name: 'activity-empty', tree: <ActivityPage page={page} activities={[]} /> },
]

function addSamples(page: PageContext): Sample[] {
  const codes = ['ABCD-EFGH-JKMN-PQRS', 'BCDE-FGHJ-KMNP-QRST', 'CDEF-GHJK-MNPQ-RSTU']
  return [
    { name: 'add-app', tree: <AddPage page={page} pending={pending('app_code', APP)} problem={null} /> },
    {
      name: 'add-passkey',
      tree: (
        <AddPage page={page} pending={pending('passkey', PASSKEY)} problem={{ kind: 'passkey_missing' }} />
      ),
    },
    {
      name: 'add-code',
      tree: (
        <AddPage
          page={page}
          pending={pending('email', { kind: 'code', length: 6, sentTo: 'alex@private.example' })}
          problem={{ kind: 'answer_wrong' }}
        />
      ),
    },
    {
      name: 'add-address',
      tree: (
        <AddressPage
          page={page}
          method="email"
          address="alex@"
          problem={{ kind: 'change_refused', why: 'malformed' }}
        />
      ),
    },
    {
      name: 'add-questions',
      tree: <AddPage page={page} pending={pending('security_questions', QUESTIONS)} problem={null} />,
    },
    {
      name: 'add-questions-weak',
      tree: (
        <AddPage
          page={page}
          pending={pending('security_questions', QUESTIONS)}
          problem={{ kind: 'answers_weak' }}
          choices={[
            { topic: 'first_pet', answer: 'alex' },
            { topic: 'badge', answer: 'Dark teal' },
            { topic: 'favourite_food', answer: 'pizza' },
          ]}
          weak={{ first_pet: 'own_name', favourite_food: 'common' }}
        />
      ),
    },
    { name: 'add-codes', tree: <CodesPage page={page} codes={codes} /> },
  ]
}
