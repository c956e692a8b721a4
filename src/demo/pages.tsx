import type { DemoMessage } from '../notifiers/demo.ts'
import { Layout } from '../web/layout.tsx'
import { TimeOfDay } from '../web/moment.tsx'
import type { PageContext } from '../web/page.ts'
import { SAMPLE_DOMAIN } from './people.ts'
import { type CardAccount, type Code, PersonCard, Shown } from './person-card.tsx'

export type DemoPageProps = {
  readonly page: PageContext
  /** Keeps codes and mailbox fresh; the page works without it. */
  readonly script: string
  readonly accounts: readonly CardAccount[]
  /** Newest last, as the mailbox has them. */
  readonly messages: readonly DemoMessage[]
  /** The key that was pasted, and what an app shows for it; `shown` null: it is no key. */
  readonly authenticator?: { readonly key: string; readonly shown: Code | null } | null
  /** Why the pass that was asked for is none. */
  readonly noPass?: string | null
}

/** Who may be tried, with everything their pockets hold, and where their mail arrives. In English: it is no product. */
export function DemoPage({
  page,
  script,
  accounts,
  messages,
  authenticator = null,
  noPass = null,
}: DemoPageProps) {
  return (
    <Layout page={page} title="The demo’s people and their mail" scripts={[script]} wide>
      <div class="demo" lang="en" dir="ltr">
        <p class="lead">
          A sample organisation, on this computer alone. Take <strong>alice</strong>, start as if you had
          forgotten the password, and come back here for the code and the mail. Or sign in as{' '}
          <strong>carol</strong>, who has registered nothing yet, and set up what she will need.
        </p>
        <p class="actions">
          <a class="button primary" href="/?login=alice" target="_blank" rel="noopener">
            Reset Alice’s password (new tab)
          </a>
          <a class="button" href="/sign-in?login=carol" target="_blank" rel="noopener">
            Sign in as Carol (new tab)
          </a>
          <a class="button" href="/change">
            Change a password
          </a>
        </p>
        {noPass !== null && (
          <p class="note" role="status">
            No pass: {noPass}
          </p>
        )}
        <Mailbox page={page} messages={messages} />
        <section>
          <h2>People</h2>
          <div class="people">
            {accounts.map(account => (
              <PersonCard key={account.login} page={page} account={account} />
            ))}
          </div>
        </section>
        <Authenticator page={page} authenticator={authenticator} />
        <SignIn />
      </div>
    </Layout>
  )
}

const Mailbox = ({ page, messages }: { page: PageContext; messages: readonly DemoMessage[] }) => (
  <section>
    <h2>Mailbox</h2>
    <p class="hint">
      Mail to every address arrives here. Security info takes no address at {SAMPLE_DOMAIN}, since it lies
      behind the very password; carol@private.example is one that it takes.
    </p>
    <div class="mailbox" id="mailbox" data-live>
      {messages.length === 0 && <p class="hint">Nothing yet.</p>}
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

type AuthenticatorProps = Pick<DemoPageProps, 'page' | 'authenticator'>

/** For whoever has no telephone at hand: it takes the key that a page shows, and shows the codes of it. */
const Authenticator = ({ page, authenticator }: AuthenticatorProps) => (
  <section>
    <h2 id="authenticator">An authenticator app</h2>
    <p class="hint">
      Any app on your phone will do. Or paste here the key that security info shows for a new app, and read
      its codes as from a phone.
    </p>
    <form method="get" action="/demo#authenticator">
      <div class="field">
        <label for="key">Key</label>
        <div class="box">
          <input
            id="key"
            name="key"
            type="text"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
          />
        </div>
      </div>
      <button type="submit">Show its codes</button>
    </form>
    {authenticator && (
      <p id="authenticator-code" data-live>
        {authenticator.shown ? (
          <>
            <Shown page={page} {...authenticator.shown} />, for <bdi class="key">{authenticator.key}</bdi>
          </>
        ) : (
          'This is no key: it has 32 letters and digits, as the page shows them.'
        )}
      </p>
    )}
  </section>
)

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
