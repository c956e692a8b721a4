import { afterEach, describe, expect, test } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import { type MailSink, type MailSinkOptions, startMailSink } from '../../rig/mail-sink.ts'
import { seededRandom } from '../../rig/random.ts'
import { deadline } from '../lib/clock.ts'
import { type Message, type Notifier, Undeliverable } from '../notifier.ts'
import type { RenderedMail } from './mail.ts'
import { type SmtpOptions, smtpNotifier } from './smtp.ts'

const opened: { stop(): Promise<void> | void }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop()
})

const message: Message = { kind: 'reset_required', displayName: 'Ada' }
const rendered: RenderedMail = { subject: 'Grüße', text: 'Text\n', html: '<p>Text</p>', locale: 'de' }
const signal = (): AbortSignal => deadline(20_000)
const to = (address: string, locale = 'de') => ({ channel: 'mail' as const, to: address, locale })

async function sink(options: MailSinkOptions = {}): Promise<MailSink> {
  const started = await startMailSink(options)
  opened.push({ stop: () => started.stop() })
  return started
}

function notifier(server: MailSink, changes: Partial<SmtpOptions> = {}): Notifier {
  const made = smtpNotifier({
    host: server.host,
    port: server.port,
    tls: 'starttls',
    ca: server.ca,
    login: undefined,
    from: 'Contoso <no-reply@example.test>',
    publicHost: 'reset.example.test',
    clock: fakeClock(),
    random: seededRandom(1),
    render: () => rendered,
    ...changes,
  })
  opened.push({ stop: () => made.close() })
  return made
}

const failure = async (sent: Promise<void>): Promise<Undeliverable> => {
  const error: unknown = await sent.then(
    () => null,
    reason => reason,
  )
  if (error instanceof Undeliverable) return error
  throw new Error(`expected an Undeliverable, got ${error}`)
}

describe('a mail that arrives', () => {
  test('has both parts, the headers of an automatic message and one recipient', async () => {
    const server = await sink()
    await notifier(server).send(message, to('ada@example.org'), signal())
    const [mail, ...others] = server.mails
    expect(others).toEqual([])
    expect(mail).toMatchObject({
      secure: true,
      from: 'no-reply@example.test',
      to: ['ada@example.org'],
      subject: 'Grüße',
    })
    expect(mail?.text.trim()).toBe('Text')
    expect(mail?.html.trim()).toBe('<p>Text</p>')
    expect(mail?.headers).toMatchObject({
      'auto-submitted': 'auto-generated',
      'x-auto-response-suppress': 'All',
      'content-language': 'de',
      from: 'Contoso <no-reply@example.test>',
      to: 'ada@example.org',
      date: 'Thu, 15 Jan 2026 12:00:00 +0000',
    })
    expect(mail?.headers['message-id']).toMatch(/^<[\w-]{22}@reset\.example\.test>$/)
  })

  test('is given over implicit TLS, with a sign-in', async () => {
    const login = { user: 'postern', password: 'a pass phrase for mail' }
    const server = await sink({ tls: 'implicit', login })
    await notifier(server, { tls: 'implicit', login }).send(message, to('ada@example.org'), signal())
    expect(server.mails).toMatchObject([{ secure: true, user: 'postern' }])
  })

  test('may go to a local part and to a domain beyond ASCII', async () => {
    const server = await sink()
    await notifier(server).send(message, to('jürg@bücher.example.org'), signal())
    await notifier(server).send(message, to('jurg@bücher.example.org'), signal())
    // The sink shows domains decoded; the header shows what was sent.
    expect(server.mails.map(mail => mail.to)).toEqual([
      ['jürg@bücher.example.org'],
      ['jurg@bücher.example.org'],
    ])
    expect(server.mails.at(-1)?.headers['to']).toBe('jurg@xn--bcher-kva.example.org')
  })
})

describe('what is not one address reaches no server (EML-01)', () => {
  test.each([
    'a@example.org, b@example.org',
    'a@example.org;b@example.org',
    'Evil <evil@example.org> a@example.org',
    '<a@example.org>',
    'a@example.org\r\nBcc: evil@example.org',
    'a@example.org\0',
    'a@example.org\n',
    'group: a@example.org, b@example.org;',
    '"a b"@example.org',
    'a@example.org@example.org',
    'a＠example.org',
    'a@localhost',
    'a@example.org/b',
    'a@example.org:25',
    'a@[127.0.0.1]',
    '',
  ])('%j', async address => {
    const server = await sink()
    expect((await failure(notifier(server).send(message, to(address), signal()))).permanent).toBe(true)
    expect(server.mails).toEqual([])
  })
})

describe('header injection (EML-03)', () => {
  const evil = 'Nice\r\nBcc: evil@example.org\r\n\r\n<b>body</b>\0\rX-Evil: 1\n\u2028X: 2'

  test.each([
    ['subject', { render: () => ({ ...rendered, subject: evil }) }],
    ['sender name', { from: `${evil.replace(/[<>]/g, '')} <no-reply@example.test>` }],
    ['locale', { render: () => ({ ...rendered, locale: evil }) }],
  ])('by the %s adds no header and no recipient', async (_where, changes) => {
    const server = await sink()
    await notifier(server, changes).send(message, to('ada@example.org'), signal())
    const [mail] = server.mails
    const head = mail?.raw.slice(0, mail.raw.search(/\r\n\r\n/)) ?? ''
    expect(head).not.toMatch(/^(bcc|x-evil|x):/im)
    expect(head).not.toMatch(/\0|\r(?!\n)|(?<!\r)\n/)
    expect(mail?.to).toEqual(['ada@example.org'])
    expect(mail?.text.trim()).toBe('Text')
  })

  test('a sender that is no address is refused at once', async () => {
    const server = await sink()
    expect(() => notifier(server, { from: 'a@example.test, b@example.test' })).toThrow('mail.from')
  })
})

describe('without verified encryption nothing is sent (EML-05)', () => {
  test('STARTTLS was stripped', async () => {
    const server = await sink()
    server.offerStartTls(false)
    const postern = notifier(server)
    expect((await failure(postern.send(message, to('ada@example.org'), signal()))).permanent).toBe(false)
    expect(await postern.check(signal())).toBe(false)
    expect(server.mails).toEqual([])
  })

  test('a server without TLS', async () => {
    const server = await sink({ tls: 'none' })
    await failure(notifier(server).send(message, to('ada@example.org'), signal()))
    await failure(notifier(server, { tls: 'implicit' }).send(message, to('ada@example.org'), signal()))
    expect(server.mails).toEqual([])
  })

  test.each(['expired', 'wrong_name', 'unknown_ca'] as const)(
    'a certificate that is %s',
    async certificate => {
      for (const tls of ['starttls', 'implicit'] as const) {
        const server = await sink({ tls, certificate })
        const postern = notifier(server, { tls })
        expect((await failure(postern.send(message, to('ada@example.org'), signal()))).permanent).toBe(false)
        expect(await postern.check(signal())).toBe(false)
        expect(server.mails).toEqual([])
      }
    },
  )

  test('a private authority that was not configured', async () => {
    const server = await sink()
    await failure(notifier(server, { ca: undefined }).send(message, to('ada@example.org'), signal()))
    expect(server.mails).toEqual([])
  })
})

describe('what the server answers', () => {
  test.each([
    [{ code: 450, at: 'recipient' }, false],
    [{ code: 550, at: 'recipient' }, true],
    [{ code: 451, at: 'data' }, false],
    [{ code: 452, at: 'data' }, false],
    [{ code: 554, at: 'data' }, true],
    ['lose', false],
  ] as const)('%j: permanent %s, and the next mail goes through', async (answer, permanent) => {
    const server = await sink()
    server.answerNext(answer)
    const postern = notifier(server)
    expect((await failure(postern.send(message, to('ada@example.org'), signal()))).permanent).toBe(permanent)
    await postern.send(message, to('bob@example.org'), signal())
    expect(server.mails.at(-1)?.to).toEqual(['bob@example.org'])
  })

  test('a refused sign-in says nothing about the address', async () => {
    const server = await sink({ login: { user: 'postern', password: 'right' } })
    const postern = notifier(server, { login: { user: 'postern', password: 'wrong' } })
    expect((await failure(postern.send(message, to('ada@example.org'), signal()))).permanent).toBe(false)
    expect(await postern.check(signal())).toBe(false)
  })

  test('a server that never answers is left when time is up', async () => {
    const server = await sink()
    server.answerNext('hang')
    const given = new AbortController()
    const postern = notifier(server)
    const sent = failure(postern.send(message, to('ada@example.org'), given.signal))
    await server.waitFor(mail => mail.to.includes('ada@example.org'))
    given.abort()
    expect((await sent).permanent).toBe(false)
    await postern.send(message, to('bob@example.org'), signal())
    expect(server.mails).toHaveLength(2)
  })

  test('nobody listens', async () => {
    const server = await sink()
    const postern = notifier(server)
    await server.stop()
    opened.shift()
    expect((await failure(postern.send(message, to('ada@example.org'), signal()))).permanent).toBe(false)
    expect(await postern.check(signal())).toBe(false)
  })

  test('a check passes without a mail, and fails when its time is up', async () => {
    const server = await sink()
    const postern = notifier(server)
    expect(await postern.check(signal())).toBe(true)
    expect(await postern.check(AbortSignal.abort())).toBe(false)
    expect(server.mails).toEqual([])
  })
})
