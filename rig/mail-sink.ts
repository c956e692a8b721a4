// A real SMTP server that keeps what it gets and fails on request.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { freePortPair, tempFolder } from './child.ts'
import { type ReadMail, readMail } from './mail-text.ts'
import { type CertificateKind, makePki } from './pki.ts'

export type Mail = ReadMail & {
  /** Exactly what came after DATA. */
  readonly raw: string
  readonly from: string
  readonly to: readonly string[]
  /** Whether the connection was encrypted when the mail was given. */
  readonly secure: boolean
  readonly user: string | null
}

/**
 * What the sink does with one mail. A number answers with that code, at RCPT TO or after the data.
 * `hang`: takes the mail and never answers. `lose`: takes the mail and breaks the connection instead of answering.
 */
export type MailAnswer =
  | 'accept'
  | 'hang'
  | 'lose'
  | { readonly code: number; readonly text?: string; readonly at?: 'recipient' | 'data' }

export type MailSinkOptions = {
  readonly tls?: 'starttls' | 'implicit' | 'none'
  readonly login?: { readonly user: string; readonly password: string }
  readonly certificate?: CertificateKind
}

export type MailSink = {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly ca: string
  readonly caFile: string
  /** Mails taken so far, oldest first; those that hang or are lost among them. */
  readonly mails: readonly Mail[]
  /** The answers to the next mails, in order; afterwards everything is accepted. */
  answerNext(...answers: readonly MailAnswer[]): void
  /** The answer to every mail that has none of its own. */
  answerAll(answer: MailAnswer): void
  /** False: the server no longer announces STARTTLS, as after a downgrade attack. */
  offerStartTls(offered: boolean): void
  /** The first mail, taken already or still to come, that fits. Throws after ten seconds. */
  waitFor(fits: (mail: Mail) => boolean, withinMs?: number): Promise<Mail>
  stop(): Promise<void>
}

export async function startMailSink(options: MailSinkOptions = {}): Promise<MailSink> {
  const folder = tempFolder('mail')
  const pki = makePki(
    join(folder.path, 'pki'),
    '127.0.0.1',
    ['localhost', 'mail.example.test'],
    options.certificate,
  )
  const taken = inbox()
  const script = answers()
  const sockets: Sockets = new Map()
  const tls = { cert: readFileSync(pki.cert), key: readFileSync(pki.key) }
  const server = makeServer(options, tls, taken, script, sockets)
  const port = await freePortPair()
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  server.on('error', () => undefined) // a client that breaks off is part of the test
  server.server.on('connection', (socket: Socket) => {
    const from = socket.remotePort
    sockets.set(from, socket)
    socket.on('close', () => sockets.delete(from))
  })
  return {
    host: '127.0.0.1',
    port,
    ca: readFileSync(pki.ca, 'utf8'),
    caFile: pki.ca,
    mails: taken.mails,
    answerNext: script.next,
    answerAll: script.all,
    offerStartTls: offered => {
      server.options.disabledCommands = offered ? [] : ['STARTTLS']
    },
    waitFor: taken.waitFor,
    stop: async () => {
      // The server drops handshakes that are under way; one that is torn down from below crashes Node.
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      await setImmediate()
      for (const socket of sockets.values()) socket.destroy()
      await closed
      folder.remove()
    },
  }
}

/** The raw connections by the client's port: TLS has its own object above them. */
type Sockets = Map<number | undefined, Socket>

type Inbox = { mails: Mail[]; take(mail: Mail): void; waitFor: MailSink['waitFor'] }

function inbox(): Inbox {
  const mails: Mail[] = []
  const waiting = new Set<(mail: Mail) => void>()
  return {
    mails,
    take: mail => {
      mails.push(mail)
      for (const tell of waiting) tell(mail)
    },
    waitFor: (fits, withinMs = 10_000) => {
      const here = mails.find(fits)
      if (here) return Promise.resolve(here)
      return new Promise((resolve, reject) => {
        const tell = (mail: Mail): void => {
          if (!fits(mail)) return
          clearTimeout(late)
          waiting.delete(tell)
          resolve(mail)
        }
        const late = setTimeout(() => {
          waiting.delete(tell)
          const known = mails.map(mail => `${mail.to.join(', ')}: ${mail.subject}`).join('\n')
          reject(new Error(`no such mail within ${withinMs} ms; there are:\n${known}`))
        }, withinMs)
        waiting.add(tell)
      })
    },
  }
}

type Script = {
  next: MailSink['answerNext']
  all: MailSink['answerAll']
  peek(): MailAnswer
  draw(): MailAnswer
}

function answers(): Script {
  const queue: MailAnswer[] = []
  let usual: MailAnswer = 'accept'
  return {
    next: (...more) => void queue.push(...more),
    all: answer => {
      usual = answer
    },
    peek: () => queue[0] ?? usual,
    draw: () => queue.shift() ?? usual,
  }
}

function makeServer(
  options: MailSinkOptions,
  tls: { cert: Buffer; key: Buffer },
  taken: Inbox,
  script: Script,
  sockets: Sockets,
): SMTPServer {
  return new SMTPServer({
    ...tls,
    secure: options.tls === 'implicit',
    disabledCommands: options.tls === 'none' ? ['STARTTLS'] : [],
    authOptional: options.login === undefined,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth: (auth, _session, done) => {
      const right = auth.username === options.login?.user && auth.password === options.login?.password
      done(right ? null : new Error('wrong user or password'), right ? { user: auth.username } : undefined)
    },
    onRcptTo: (_address, _session, done) => {
      const answer = script.peek()
      if (typeof answer === 'object' && answer.at === 'recipient') done(refusal(script.draw()))
      else done()
    },
    onData: async (stream, session, done) => {
      const answer = script.draw()
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const raw = Buffer.concat(chunks).toString('utf8')
      if (typeof answer === 'object') return done(refusal(answer))
      taken.take({ ...readMail(raw), raw, ...envelope(session) })
      if (answer === 'accept') done()
      if (answer === 'lose') sockets.get(session.remotePort)?.resetAndDestroy()
    },
  })
}

const envelope = ({ envelope, secure, user }: SMTPServerSession): Omit<Mail, 'raw' | keyof ReadMail> => ({
  from: envelope.mailFrom ? envelope.mailFrom.address : '',
  to: envelope.rcptTo.map(recipient => recipient.address),
  secure,
  user: user ?? null,
})

const refusal = (answer: MailAnswer): Error =>
  typeof answer === 'object'
    ? Object.assign(new Error(answer.text ?? 'not now'), { responseCode: answer.code })
    : new Error('not a refusal')
