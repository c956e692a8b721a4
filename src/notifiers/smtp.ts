import { createTransport } from 'nodemailer'
import { normaliseAddress } from '../account.ts'
import { type Clock, seconds } from '../lib/clock.ts'
import { newId, type Random } from '../lib/random.ts'
import { type Address, type Message, type Notifier, Undeliverable } from '../notifier.ts'
import type { RenderedMail } from './mail.ts'

/** Mail services limit the connections of one sender to a few; ours are short and quick. */
const CONNECTIONS_MAX = 3
const MAILS_PER_CONNECTION = 100
const CONNECT_MS = seconds(10)
const ANSWER_MS = seconds(30)
const IDLE_MS = seconds(60)

export type SmtpOptions = {
  readonly host: string
  readonly port: number
  /** Encrypted from the first byte, or by STARTTLS before anything is said; there is no third way (EML-05). */
  readonly tls: 'starttls' | 'implicit'
  /** PEM of a private authority, in place of the well-known ones. */
  readonly ca: string | undefined
  readonly login: { readonly user: string; readonly password: string } | undefined
  /** An address, or a name and an address in angle brackets. */
  readonly from: string
  /** The host of the public address; message ids carry it. */
  readonly publicHost: string
  readonly clock: Clock
  readonly random: Random
  readonly render: (message: Message, locale: string) => RenderedMail | Promise<RenderedMail>
}

/**
 * Mail by the organisation's server (RFC 5321, RFC 8314). One recipient for each mail, checked here and named in the
 * envelope; anything that is not one address is refused for good and reaches no server. Throws where `from` is none.
 */
export function smtpNotifier(options: SmtpOptions): Notifier {
  const sender = readSender(options.from)
  const transport = createTransport({ pool: true, ...connectionOptions(options) })
  return {
    channel: 'mail',
    send: async (message, address, signal) => {
      const to = recipientOf(address)
      const mail = await options.render(message, address.locale)
      await transport
        .sendMail({
          ...headersOf(mail, options),
          from: sender,
          to: { name: '', address: to },
          ...only(sender, to),
          signal,
        })
        .catch(error => Promise.reject(undeliverable(error)))
    },
    check: signal => settledBefore(transport.verify(), signal),
    close: async () => transport.close(),
  }
}

const connectionOptions = ({ host, port, tls, ca, login }: SmtpOptions) => ({
  host,
  port,
  secure: tls === 'implicit',
  requireTLS: true,
  tls: { minVersion: 'TLSv1.2' as const, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
  ...(login ? { auth: { user: login.user, pass: login.password } } : {}),
  maxConnections: CONNECTIONS_MAX,
  maxMessages: MAILS_PER_CONNECTION,
  // A connection that the server had closed meanwhile is replaced once; other tries are the outbox's affair.
  maxRequeues: 1,
  connectionTimeout: CONNECT_MS,
  greetingTimeout: CONNECT_MS,
  dnsTimeout: CONNECT_MS,
  socketTimeout: ANSWER_MS,
  idleTimeout: IDLE_MS,
  disableFileAccess: true,
  disableUrlAccess: true,
})

type Sender = { readonly name: string; readonly address: string }

function readSender(from: string): Sender {
  const line = headerText(from)
  const [, name = '', bracketed] = /^([^<>]*)<([^<>]+)>$/.exec(line) ?? []
  const address = normaliseAddress(bracketed ?? line)
  if (address === null) throw new Error('mail.from is not an address')
  return { name: name.replace(/^["\s]+|["\s]+$/g, ''), address }
}

function recipientOf(address: Address): string {
  const to = normaliseAddress(address.to)
  if (to === null) throw new Undeliverable('the stored address is not one address', true)
  return to
}

/** The envelope decides where mail goes; without it the library would read recipients out of the headers (EML-01). */
const only = (sender: Sender, to: string) => ({ envelope: { from: sender.address, to: [to] } })

const headersOf = (mail: RenderedMail, { publicHost, clock, random }: SmtpOptions) => ({
  subject: headerText(mail.subject),
  text: mail.text,
  html: mail.html,
  date: new Date(clock.now()),
  messageId: `<${newId(random)}@${publicHost}>`,
  headers: {
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    'Content-Language': mail.locale,
  },
})

/** One line without control characters: no name can begin another header (EML-03). */
const headerText = (text: string): string => text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ').trim()

/**
 * Permanent is what the server says about this address or this mail by a 5xx. Trouble with the connection, its
 * encryption, our sign-in or our own sender address is for operators, and worth another try.
 */
function undeliverable(error: unknown): Undeliverable {
  const { responseCode, command } = Object(error) as { responseCode?: unknown; command?: unknown }
  const code = typeof responseCode === 'number' ? responseCode : 0
  const aboutMail = command === 'RCPT TO' || command === 'DATA'
  const permanent = aboutMail && code >= 500 && code < 600
  return new Undeliverable(
    code > 0 ? `the mail server answered ${code}` : 'mail could not be handed over',
    permanent,
    error,
  )
}

/** False on failure, and when time runs out first. */
const settledBefore = async (checked: Promise<unknown>, signal: AbortSignal): Promise<boolean> => {
  const late = new Promise<boolean>(resolve => {
    if (signal.aborted) resolve(false)
    signal.addEventListener('abort', () => resolve(false), { once: true })
  })
  return Promise.race([
    checked.then(
      () => true,
      () => false,
    ),
    late,
  ])
}
