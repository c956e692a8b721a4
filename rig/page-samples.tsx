// Every page of the portal in every state that looks different, with sample people; for tests and for looking at.
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
import { StartPage } from '../src/web/reset/start.tsx'
import { infoSamples } from './info-samples.tsx'
import { resetSamples, SAMPLE_NOW, type Sample } from './reset-samples.tsx'
import { setupSamples } from './setup-samples.tsx'

const NOW = SAMPLE_NOW

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
      shown: { serial: 'DEMO-0001', code: '120934', until: NOW + seconds(17) },
      pass: {
        pass: 'ABCD-EFGH-JKMN-PQRS-TWXY',
        login: 'carol',
        until: NOW + minutes(60),
        reference: 'R7K2-M4QX',
      },
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
  authenticator: {
    key: 'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ',
    shown: { code: '571120', until: NOW + seconds(17) },
  },
} as const

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
  return [
    ...startSamples(before),
    ...resetSamples(page),
    ...changeSamples(before, page),
    ...endSamples(before, page),
    ...setupSamples(page),
    ...infoSamples(before, page, { botCheck: BOT_CHECK, widget: null, ticket: TICKET }),
    ...demoSamples(before, demoScript),
  ]
}

const start = (page: PageContext, name: string, problem: FormProblem | null, isFull: boolean): Sample => ({
  name,
  tree: (
    <StartPage
      page={page}
      login={isFull ? 'alex@example.test' : ''}
      loginExample="alex or alex@example.test"
      mayUnlock={isFull}
      goal="password"
      shared={isFull}
      botCheck={BOT_CHECK}
      widget={null}
      ticket={TICKET}
      problem={problem}
    />
  ),
})

const startSamples = (page: PageContext): Sample[] => [
  start(page, 'start', null, false),
  start(page, 'start-full', null, true),
  start(page, 'start-problem', { kind: 'login_missing' }, true),
  start(page, 'start-too-many', { kind: 'too_many', until: NOW + minutes(12) }, true),
  { name: 'closed-off', tree: <ClosedPage page={page} why="off" /> },
  { name: 'closed-not-now', tree: <ClosedPage page={page} why="not_now" /> },
  {
    name: 'login-help',
    tree: <LoginHelpPage page={page} loginExample="alex or alex@example.test" text={null} />,
  },
]

const change = (page: PageContext, name: string, problem: FormProblem | null, isExpired = false): Sample => ({
  name,
  tree: (
    <ChangePage
      page={{ ...page, path: '/change' }}
      login=""
      loginExample="alex"
      rules={[{ name: 'min_length', value: 12 }, { name: 'not_banned' }]}
      botCheck={BOT_CHECK}
      widget={null}
      ticket={TICKET}
      problem={problem}
      isExpired={isExpired}
    />
  ),
})

const changeSamples = (before: PageContext, page: PageContext): Sample[] => [
  change(before, 'change', null),
  change(before, 'change-problem', { kind: 'old_wrong' }),
  change(before, 'change-expired', null, true),
  { name: 'change-done', tree: <ChangeDonePage page={before} signInUrl="https://login.example.test/" /> },
  { name: 'change-uncertain', tree: <ChangeUncertainPage page={page} /> },
]

const endSamples = (before: PageContext, page: PageContext): Sample[] => [
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
]

const demoSamples = (page: PageContext, script: string): Sample[] => [
  {
    name: 'demo',
    tree: (
      <DemoPage
        page={{ ...page, banner: <DemoBanner text="This is the demo." /> }}
        script={script}
        {...DEMO}
      />
    ),
  },
  {
    name: 'demo-empty',
    tree: (
      <DemoPage
        page={{ ...page, banner: <DemoBanner text="This is the demo, open to other computers." /> }}
        script={script}
        {...DEMO}
        messages={[]}
        authenticator={{ key: 'no key', shown: null }}
        noPass="The account is disabled."
      />
    ),
  },
]
