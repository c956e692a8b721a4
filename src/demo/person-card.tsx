import type { IssuedPass } from '../actions/passes.ts'
import type { Instant } from '../lib/clock.ts'
import { METHOD_NAMES } from '../method.ts'
import { questionText } from '../topics.ts'
import { Form } from '../web/forms.tsx'
import { TimeOfDay } from '../web/moment.tsx'
import type { PageContext } from '../web/page.ts'
import { QrCode } from '../web/qr-code.tsx'
import type { DemoAccount } from './accounts.ts'

/** What a device shows at the moment. */
export type Code = { readonly code: string; readonly until: Instant }

export type CardAccount = DemoAccount & {
  readonly app: (Code & { readonly uri: string }) | null
  /** Of a hardware token. */
  readonly shown?: (Code & { readonly serial: string }) | null
  /** The last temporary pass, used or not. */
  readonly pass?: IssuedPass | null
}

export const Shown = ({ page, code, until }: Code & { readonly page: PageContext }) => (
  <>
    <code class="shown">{code}</code>{' '}
    <span class="soft">
      until <TimeOfDay page={page} at={until} seconds />, good once
    </span>
  </>
)

/** One of the sample people, with all that their pockets hold. */
export function PersonCard({ page, account }: { page: PageContext; account: CardAccount }) {
  const { login, app, methods, shown, pass } = account
  const names = METHOD_NAMES.filter(each => methods.some(({ name }) => name === each)).map(name =>
    page.texts.t(`page.method.${name}`),
  )
  return (
    <article>
      <h3>
        <bdi>{account.display_name}</bdi>
      </h3>
      <p class="soft">{account.about}</p>
      <dl id={`pockets-${login}`} data-live>
        <dt>User name</dt>
        <dd>
          <code>{login}</code>
        </dd>
        <dt>Password now</dt>
        <dd>
          <code>{account.password}</code>
        </dd>
        <dt>Registered</dt>
        <dd>{names.length > 0 ? names.join(', ') : 'nothing'}</dd>
        {app && (
          <>
            <dt>App code</dt>
            <dd>
              <Shown page={page} {...app} />
            </dd>
          </>
        )}
        {shown && (
          <>
            <dt>Token {shown.serial}</dt>
            <dd>
              <Shown page={page} {...shown} />
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
        {pass && (
          <>
            <dt>Pass</dt>
            <dd>
              <code>{pass.pass}</code>{' '}
              <span class="soft">
                until <TimeOfDay page={page} at={pass.until} />, good once
              </span>{' '}
              <a href={`/sign-in/pass?login=${login}`} target="_blank" rel="noopener">
                Sign in with it
              </a>
            </dd>
          </>
        )}
      </dl>
      <p>
        <a href={`/sign-in?login=${login}`} target="_blank" rel="noopener">
          Sign in as {login}
        </a>
      </p>
      <Form page={page} action="/demo/pass">
        <button type="submit" class="quiet" name="login" value={login}>
          Give {login} a temporary pass
        </button>
      </Form>
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
