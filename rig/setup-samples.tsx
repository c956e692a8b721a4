// The pages that ask for what is missing, in every state that looks different, with sample people.
import type { SetupView } from '../src/actions/setup.ts'
import { hours } from '../src/lib/clock.ts'
import type { PageContext } from '../src/web/page.ts'
import { NoPhonePage, ReviewPage, SetupPage } from '../src/web/security-info/setup.tsx'
import { RefusedReturnPage, SetupDonePage } from '../src/web/security-info/setup-end.tsx'
import { HELD, info } from './info-samples.tsx'
import { SAMPLE_NOW as NOW, type Sample } from './reset-samples.tsx'

const view = (more: Partial<SetupView> = {}): SetupView => ({
  setup: { asks: 'register', gates: 2, done: 0, offered: ['passkey', 'app_code', 'recovery_code', 'email'] },
  info: info({ held: [], unconfirmed: [] }),
  blocked: null,
  isDismissible: true,
  isDue: true,
  ...more,
})
const enough = { asks: 'nothing', gates: 2, done: 2, offered: [] } as const
const back = { app: 'Intranet', returnTo: 'https://intranet.example.org/back', page: 'setup' } as const
const [own, cooling, mapped, , token] = HELD

const asked = (held: readonly (typeof own)[], unconfirmed: readonly string[] = []) =>
  info({ held: held.flatMap(one => one ?? []), unconfirmed })

export function setupSamples(page: PageContext): Sample[] {
  const shared = { page, problem: null, back: null }
  const slow = own ? [{ ...own, countsFrom: NOW + hours(24) }, cooling] : []
  const second = { asks: 'register', gates: 2, done: 1, offered: ['passkey', 'recovery_code'] } as const
  return [
    { name: 'setup', tree: <SetupPage {...shared} view={view()} /> },
    {
      name: 'setup-second',
      tree: (
        <SetupPage
          {...shared}
          view={view({ setup: second, info: asked([mapped, token], ['3']), isDismissible: false })}
          problem={{ kind: 'change_refused', why: 'late' }}
        />
      ),
    },
    { name: 'setup-no-phone', tree: <NoPhonePage {...shared} view={view()} hasTokens /> },
    {
      name: 'setup-done',
      tree: (
        <SetupDonePage
          {...shared}
          back={back}
          view={view({
            setup: enough,
            info: info({ held: [own, cooling].flatMap(one => one ?? []), isEnough: true, unconfirmed: [] }),
          })}
        />
      ),
    },
    {
      name: 'setup-cooling',
      tree: <SetupDonePage {...shared} view={view({ setup: enough, info: asked(slow) })} />,
    },
    {
      name: 'setup-blocked',
      tree: <SetupDonePage {...shared} view={view({ blocked: 'first_needs_pass' })} />,
    },
    {
      name: 'review',
      tree: (
        <ReviewPage
          {...shared}
          view={view({ setup: { ...enough, asks: 'review' }, info: asked([own, mapped], ['3']) })}
        />
      ),
    },
    { name: 'return-refused', tree: <RefusedReturnPage page={page} /> },
  ]
}
