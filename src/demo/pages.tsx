import type { Instant } from '../lib/clock.ts'
import type { DemoMessage } from '../notifiers/demo.ts'
import { questionText } from '../topics.ts'
import { Layout } from '../web/layout.tsx'
import { TimeOfDay } from '../web/moment.tsx'
import type { PageContext } from '../web/page.ts'
import { QrCode } from '../web/qr-code.tsx'
import type { DemoAccount } from './accounts.ts'

type App = { readonly code: string; readonly until: Instant; readonly uri: string }
/** Of a hardware token. */
type Display = { readonly serial: string; readonly code: string; readonly until: Instant }

export type DemoPageProps = {
  readonly page: PageContext
  /** Keeps codes and mailbox fresh; the page works without it. */
  readonly script: string
  readonly accounts: readonly (DemoAccount & { readonly app: App | null; readonly shown?: Display | null })[]
  /** Newest last, as the mailbox has them. */
  readonly messages: readonly DemoMessage[]
}

/** Who may be tried, with everything their pockets hold, and where their mail arrives. In English: it is no product. */
export function DemoPage({ page, script, accounts, messages }: DemoPageProps) {
  return (
    <Layout page={page} title="The demo’s people and their mail" scripts={[script]} wide>
      <div class="demo" lang="en" dir="ltr">
        <p class="lead">
          A sample organisation, on this computer alone. Take <strong>alice</strong>, start as if you had
          forgotten the password, and come back here for the code and the mail.
        </p>
        <p class="actions">
          <a class="button primary" href="/?login=alice" target="_blank" rel="noopener">
            Reset Alice’s password (new tab)
          </a>
          <a class="button" href="/change">
            Change a password
          </a>
        </p>
        <Mailbox page={page} messages={messages} />
        <section>
          <h2>People</h2>
          <div class="people">
            {accounts.map(account => (
              <PersonCard key={account.login} page={page} account={account} />
            ))}
          </div>
        </section>
        <SignIn />
      </div>
    </Layout>
  )
}

const Mailbox = ({ page, messages }: { page: PageContext; messages: readonly DemoMessage[] }) => (
  <section>
    <h2>Mailbox</h2>
    <div class="mailbox" id="mailbox" data-live>
      {messages.length === 0 && (
        <p class="hint">Nothing yet. Codes and notifications of everybody arrive here.</p>
      )}
      {messages.toReversed().map((message, index) => (
        <details key={message.at} open={index === 0}>
          <summary>
            <TimeOfDay page={page} at={message.at} /> <bdi class="soft">{message.to}</bdi>{' '}
            <bdi>
              <strong>{message.subject}</strong>
            </bdi>
          </summary>
          <pre dir="auto">{linked(message.text)}</pre>
        </details>
      ))}
    </div>
  </section>
)

/** Links of a plain text, as a mail program shows them. Only our own mails come here. */
const linked = (text: string) =>
  text.split(/(https?:\/\/[^\s<>]+)/).map((part, index) =>
    index % 2 === 1 ? (
      <a key={part} href={part}>
        {part}
      </a>
    ) : (
      part
    ),
  )

function PersonCard({ page, account }: { page: PageContext; account: DemoPageProps['accounts'][number] }) {
  const { login, app, methods, shown } = account
  return (
    <article>
      <h3>
        <bdi>{account.display_name}</bdi>
      </h3>
      <p class="soft">{account.about}</p>
      <dl>
        <dt>User name</dt>
        <dd>
          <code>{login}</code>
        </dd>
        <dt>Password now</dt>
        <dd>
          <code id={`password-${login}`} data-live>
            {account.password}
          </code>
        </dd>
        {app && (
          <>
            <dt>App code</dt>
            <dd id={`app-${login}`} data-live>
              <code class="shown">{app.code}</code>{' '}
              <span class="soft">
                until <TimeOfDay page={page} at={app.until} seconds />
              </span>
            </dd>
          </>
        )}
        {shown && (
          <>
            <dt>Token {shown.serial}</dt>
            <dd id={`token-${login}`} data-live>
              <code class="shown">{shown.code}</code>{' '}
              <span class="soft">
                until <TimeOfDay page={page} at={shown.until} seconds />
              </span>
            </dd>
          </>
        )}
        {methods
          .flatMap(({ address }) => address ?? [])
          .map(address => (
            <>
              <dt>Private mail</dt>
              <dd>{address}</dd>
            </>
          ))}
      </dl>
      {app && (
        <details>
          <summary>QR code for an authenticator app</summary>
          <QrCode text={app.uri} title={`QR code: authenticator app of ${login}`} />
        </details>
      )}
      {account.answers && (
        <details>
          <summary>Answers to security questions</summary>
          <dl id={`answers-${login}`} data-live>
            {Object.entries(account.answers).map(([id, answer]) => (
              <>
                <dt>{questionText(page.texts, { id, text: null })}</dt>
                <dd>
                  <bdi>{answer}</bdi>
                </dd>
              </>
            ))}
          </dl>
        </details>
      )}
      {account.recovery_codes && (
        <details>
          <summary>Recovery codes</summary>
          <ul id={`recovery-${login}`} data-live>
            {account.recovery_codes.map(code => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  )
}

/** Shows that the new password works and the old one does not; asks by script, since the window speaks JSON. */
const SignIn = () => (
  <section data-sign-in hidden>
    <h2>Does it work?</h2>
    <p class="hint">
      Asks the sample directory, as a sign-in page would. Ten wrong ones lock a sample account.
    </p>
    <form method="post" action="/demo/sign-in">
      <div class="field">
        <label for="sign-in-login">User name</label>
        <div class="box">
          <input
            id="sign-in-login"
            name="login"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
          />
        </div>
      </div>
      <div class="field">
        <label for="sign-in-password">Password</label>
        <div class="box">
          <input id="sign-in-password" name="password" type="password" autocomplete="off" />
        </div>
      </div>
      <button type="submit">Sign in</button>
      <p role="status" />
    </form>
  </section>
)

/** The line above every page of the demo, with the way back to its people and their mail. */
export const DemoBanner = ({ text }: { text: string }) => (
  <p lang="en" dir="ltr">
    {text} <a href="/demo">People, codes and mailbox</a>
  </p>
)
