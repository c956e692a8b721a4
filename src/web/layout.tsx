import type { ComponentChildren, VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { HelpPanel } from './help.tsx'
import type { PageContext } from './page.ts'
import { FinishForm, leavesWhenIdle } from './reset/foot.tsx'
import { type StepName, Steps } from './steps.tsx'
import { TimeLimit } from './time-limit.tsx'

export type LayoutProps = {
  readonly page: PageContext
  /** The one h1, and the state in the document's title. */
  readonly title: string
  readonly step?: StepName
  /** Where the language links lead, where this page answers a POST to another address. */
  readonly path?: string
  /** Something on the page must be mended: the title says so first (WCAG 2.4.2, 3.3.1). */
  readonly hasProblem?: boolean
  /** The state a script compares when it asks whether the page has moved on. */
  readonly state?: string
  /** Beside the portal's own script, which a page without times, limits and problems leaves out (`isStill`). */
  readonly scripts?: readonly string[]
  readonly isStill?: boolean
  /** Back to `to` after so many seconds where no script runs (decisions 1.10). */
  readonly leaveAfter?: { readonly seconds: number; readonly to: string }
  /** The whole width, without the way to a human: for windows that are no part of a reset. */
  readonly wide?: boolean
  /** Below the card: time limit, cancel, finish. */
  readonly foot?: ComponentChildren
  readonly children: ComponentChildren
}

/** A page as it goes over the wire. */
export const renderPage = (tree: VNode): string => `<!doctype html>${renderToString(tree)}`

export function Layout(props: LayoutProps) {
  const { page, title, step, path, state, wide, foot, children } = props
  const { texts } = page
  return (
    <html lang={texts.locale} dir={texts.dir}>
      <Head {...props} />
      <body data-state={state} data-zone={texts.timeZone}>
        <a class="skip" href="#main">
          {texts.t('page.skip')}
        </a>
        {page.banner && <aside class="banner">{page.banner}</aside>}
        <header class="top">
          <Brand page={page} />
          <Languages page={page} path={path ?? page.path} />
        </header>
        <div class={wide ? 'columns wide' : 'columns'}>
          <main id="main" tabIndex={-1}>
            {step && <Steps page={page} step={step} />}
            <div class="card">
              <h1>{title}</h1>
              {children}
            </div>
            {foot}
            {page.signIn && (
              <div class="foot">
                <TimeLimit
                  page={page}
                  endsAt={page.signIn.endsAt}
                  more={page.signIn.mayStay ? '/sign-in/stay' : null}
                  from={path ?? page.path}
                  after="/sign-in"
                />
              </div>
            )}
            {page.isShared && (
              <div class="foot">
                <FinishForm page={page} isIdleLimited />
              </div>
            )}
          </main>
          {!wide && <HelpPanel page={page} />}
        </div>
      </body>
    </html>
  )
}

function Head({ page, title, hasProblem, scripts = [], isStill, ...props }: LayoutProps) {
  const { texts, organisation, assets } = page
  const { leaveAfter } = { ...leavesWhenIdle({ shared: page.isShared ?? false }), ...props }
  const named = texts.t('page.document_title', { title, organisation: organisation.name })
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width,initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <title>{hasProblem ? texts.t('page.document_title_problem', { title: named }) : named}</title>
      {/* A busy computer must not paint half a header and move it: nothing is shown before this is read. */}
      <link rel="expect" href="#main" {...{ blocking: 'render' }} />
      <link rel="icon" href={assets.icon} type="image/svg+xml" />
      <link rel="stylesheet" href={assets.style} />
      {[...(isStill ? [] : [assets.script]), ...scripts].map(src => (
        <script key={src} type="module" src={src} />
      ))}
      {leaveAfter && (
        <noscript>
          <meta http-equiv="refresh" content={`${leaveAfter.seconds};url=${leaveAfter.to}`} />
        </noscript>
      )}
    </head>
  )
}

const Brand = ({ page: { organisation } }: { page: PageContext }) => (
  <a class="brand" href="/">
    {organisation.logo ? <img src={organisation.logo} alt="" height="36" /> : <Arch />}
    <bdi>{organisation.name}</bdi>
  </a>
)

/** The postern itself: a small door in a wall. Shown until the organisation has a logo of its own. */
const Arch = () => (
  <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
    <path class="wall" d="M0 8a8 8 0 0 1 8-8h16a8 8 0 0 1 8 8v16a8 8 0 0 1-8 8H8a8 8 0 0 1-8-8z" />
    <path class="door" d="M9 26V15a7 7 0 0 1 14 0v11zm9.5-6.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z" />
  </svg>
)

/** Links, not a script: `?mkt=` is remembered by the server. Each in its own language (WCAG 3.1.2). */
function Languages({ page: { texts, languages }, path }: { page: PageContext; path: string }) {
  const current = languages.find(({ locale }) => locale === texts.locale)
  if (!current || languages.length < 2) return null
  return (
    <details class="languages">
      <summary>
        <span class="unseen">{texts.t('page.language')}: </span>
        {current.name}
      </summary>
      <ul>
        {languages.map(({ locale, name }) => (
          <li key={locale}>
            <a
              href={`${path}?mkt=${locale}`}
              lang={locale}
              hreflang={locale}
              aria-current={locale === texts.locale ? 'true' : undefined}
            >
              {name}
            </a>
          </li>
        ))}
      </ul>
    </details>
  )
}
