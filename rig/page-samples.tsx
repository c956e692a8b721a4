// Every page of the portal in every state that looks different, with sample people; for tests and for looking at.
import type { VNode } from 'preact'
import type { ChallengeView, ResetView } from '../src/actions/view.ts'
import { DemoBanner, DemoPage } from '../src/demo/pages.tsx'
import { minutes, seconds } from '../src/lib/clock.ts'
import type { Phrases } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'
import { ChangeDonePage, ChangePage, ChangeUncertainPage } from '../src/web/change/pages.tsx'
import { ProblemPage } from '../src/web/errors/pages.tsx'
import type { FormProblem } from '../src/web/forms.tsx'
import { NoticePage } from '../src/web/notice/pages.tsx'
import type { Assets, PageContext } from '../src/web/page.ts'
import { ClosedPage, LoginHelpPage } from '../src/web/reset/closed.tsx'
import { ResetPage } from '../src/web/reset/pages.tsx'
import { StartPage } from '../src/web/reset/start.tsx'

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
const MAIL: ChallengeView = {
  ...APP,
  method: 'm2',
  name: 'email',
  prompt: { kind: 'code', format: 'digits', length: 8, sentTo: null },
  resendAfter: NOW + seconds(60),
}
const RECOVERY: ChallengeView = {
  ...APP,
  method: 'm3',
  name: 'recovery_code',
  prompt: { kind: 'code', format: 'base32', length: 16 },
}
const SECOND = { required: 2, passed: 1 } as const

const BOT_CHECK = {
  kind: 'altcha',
  expires_in: 1200,
  parameters: {
    algorithm: 'PBKDF2/SHA-256',
    nonce: '31f2b7a9c4d85e60f1a2b3c4d5e6f708',
    salt: '8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f',
    cost: 5000,
    keyLength: 32,
    keyPrefix: '9f86d081884c7d65',
    keySignature: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
    data: { expires_ms: NOW + minutes(20), dear: false },
  },
  signature: '5d41402abc4b2a76b9719d911017c592ae2f4b1c3d5e7f90a1b2c3d4e5f60718',
} as const
const TICKET = {
  value: 'MTc3MjU0NDY2MDAwMCBhOGIzYzRkNWU2ZjcwODE5.4f1d2e3c5b6a79880716253443526170',
  readyAt: NOW + seconds(20),
}

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

const DEMO = {
  accounts: [
    {
      login: 'alice',
      display_name: 'Alice Sample',
      password: 'Sample-alice-before-1',
      groups: ['staff'],
      about: 'app, private mail and recovery codes',
      mail: ['alice@sample.example'],
      methods: [{ name: 'email', address: 'alice@private.example' }],
      recovery_codes: ['ALICEAAAAAAAAAA2', 'ALICEBBBBBBBBBB3'],
      app: {
        code: '492039',
        until: NOW + seconds(17),
        uri: 'otpauth://totp/Postern%20demo:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postern%20demo',
      },
    },
    {
      login: 'carol',
      display_name: 'Carol Sample',
      password: 'Sample-carol-before-1',
      groups: ['staff'],
      about: 'never registered',
      mail: ['carol@sample.example'],
      methods: [],
      app: null,
    },
  ],
  messages: [
    {
      channel: 'mail',
      to: 'alice@private.example',
      subject: 'Your code for Sample Organisation',
      text: 'Hello,\n\nUse this code to continue:\n\n12345678\n\nhttp://localhost:8080/not-me/abc',
      html: '',
      at: NOW,
    },
  ],
} as const

type Sample = { readonly name: string; readonly tree: VNode }

export function pageSamples(
  texts: Phrases<Messages>,
  assets: Assets,
  languages: PageContext['languages'],
  demoScript: string,
): Sample[] {
  const before: PageContext = {
    texts,
    organisation: { name: 'Fabrikam Example' },
    help: {
      name: 'Service desk',
      telephone: '+44 20 7946 0000',
      hours: 'Mon–Fri 7:00–19:00',
      url: 'https://help.example.test/',
    },
    reference: null,
    formToken: 'f3b1c2d4',
    path: '/',
    languages,
    assets,
    now: NOW,
  }
  const page: PageContext = { ...before, reference: 'K7-4QF', path: '/reset' }
  const reset = (name: string, view: Partial<ResetView>, problem: FormProblem | null = null): Sample => ({
    name,
    tree: <ResetPage page={page} view={{ ...VIEW, ...view }} problem={problem} next={NEXT} />,
  })
  const start = (name: string, problem: FormProblem | null, isFull: boolean): Sample => ({
    name,
    tree: (
      <StartPage
        page={before}
        login={isFull ? 'alex@example.test' : ''}
        loginExample="alex or alex@example.test"
        mayUnlock={isFull}
        goal="password"
        shared={isFull}
        botCheck={BOT_CHECK}
        ticket={TICKET}
        problem={problem}
      />
    ),
  })
  const change = (name: string, problem: FormProblem | null): Sample => ({
    name,
    tree: (
      <ChangePage
        page={{ ...before, path: '/change' }}
        login=""
        loginExample="alex"
        rules={[{ name: 'min_length', value: 12 }, { name: 'not_banned' }]}
        botCheck={BOT_CHECK}
        ticket={TICKET}
        problem={problem}
      />
    ),
  })
  const wrong: FormProblem = { kind: 'answer_wrong' }
  return [
    start('start', null, false),
    start('start-full', null, true),
    start('start-problem', { kind: 'login_missing' }, true),
    start('start-too-many', { kind: 'too_many', until: NOW + minutes(12) }, true),
    reset('choose', {}),
    reset('choose-second', {
      gates: SECOND,
      methods: [
        { id: 'm2', name: 'email', hint: 'a…@…' },
        { id: 'm3', name: 'recovery_code', hint: null },
      ],
    }),
    reset('code-app', { challenge: APP }),
    reset('code-app-wrong', { challenge: { ...APP, triesLeft: 3 } }, wrong),
    reset('code-app-over', { challenge: { ...APP, triesLeft: 0 } }, wrong),
    reset('code-mail', { challenge: MAIL }),
    reset('code-mail-second', {
      gates: SECOND,
      challenge: { ...MAIL, prompt: { ...MAIL.prompt, sentTo: 'a…@…' } },
    }),
    reset('code-mail-expired', { challenge: { ...MAIL, expiresAt: NOW - 1 } }),
    reset('code-recovery', { challenge: RECOVERY, methods: VIEW.methods.slice(2) }),
    reset('code-shared', { challenge: APP, shared: true, expiresAt: NOW + seconds(100) }),
    reset('password', { state: 'password', rules: RULES }),
    reset('password-shared', { state: 'password', rules: RULES, shared: true, expiresAt: NOW + minutes(25) }),
    reset('password-unknown-rules', { state: 'password', rules: null }),
    reset('password-refused', {
      state: 'password',
      rules: RULES,
      refusal: { reason: 'too_short', value: 12 },
    }),
    reset('unlock', { state: 'password', goal: 'unlock' }),
    reset('writing', { state: 'writing' }),
    reset('uncertain', { state: 'uncertain' }),
    reset('done', { state: 'done' }),
    reset('done-shared', { state: 'done', shared: true }),
    reset('done-unlock', { state: 'done', goal: 'unlock' }),
    ...(['expired', 'locked', 'denied', 'cancelled'] as const).map(why =>
      reset(`failed-${why}`, { state: 'failed', failed: { why, supportCode: null } }),
    ),
    reset('failed-not-eligible', {
      state: 'failed',
      failed: { why: 'not_eligible', supportCode: 'SSPR_0014' },
    }),
    { name: 'closed-off', tree: <ClosedPage page={before} why="off" /> },
    { name: 'closed-not-now', tree: <ClosedPage page={before} why="not_now" /> },
    {
      name: 'login-help',
      tree: <LoginHelpPage page={before} loginExample="alex or alex@example.test" text={null} />,
    },
    change('change', null),
    change('change-problem', { kind: 'old_wrong' }),
    { name: 'change-done', tree: <ChangeDonePage page={before} signInUrl="https://login.example.test/" /> },
    { name: 'change-uncertain', tree: <ChangeUncertainPage page={page} /> },
    ...(['ask', 'done', 'gone'] as const).map(state => ({
      name: `notice-${state}`,
      tree: <NoticePage page={before} state={state} action="/not-me/token" />,
    })),
    ...(['invalid_input', 'not_found', 'not_now', 'internal'] as const).map(kind => ({
      name: `error-${kind}`,
      tree: <ProblemPage page={page} kind={kind} />,
    })),
    {
      name: 'error-too_many',
      tree: <ProblemPage page={page} kind="too_many" until={NOW + minutes(20)} hasReset />,
    },
    {
      name: 'demo',
      tree: (
        <DemoPage
          page={{ ...before, banner: <DemoBanner text="This is the demo." /> }}
          script={demoScript}
          {...DEMO}
        />
      ),
    },
    {
      name: 'demo-empty',
      tree: (
        <DemoPage
          page={{
            ...before,
            banner: <DemoBanner text="This is the demo, and it is open to other computers." />,
          }}
          script={demoScript}
          {...DEMO}
          messages={[]}
        />
      ),
    },
  ]
}
