import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createTexts, readCatalogues } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'
import type { ExplainedReason, Message } from '../notifier.ts'
import { type MailContext, type RenderedMail, renderMail } from './mail.ts'

const texts = createTexts<Messages>(readCatalogues(fileURLToPath(new URL('../../locales', import.meta.url))))
const help = {
  name: 'IT Helpdesk',
  telephone: '+41 44 555 01 23',
  hours: '08:00–18:00',
  url: 'https://help.example.test/it',
}
const context: MailContext = {
  texts,
  publicUrl: 'https://reset.example.test',
  organisation: { name: 'Contoso', locale: 'de', timeZone: 'Europe/Zurich' },
  help,
}

const at = Date.UTC(2026, 0, 15, 12)
const token = 'dispute-token_0123456789abcdefghijklmnopqrs'
const person = { displayName: 'Jürg Müller', reference: 'K7-4QF' }
const origin = { at, source: '203.0.113.7', browser: 'Firefox' }
const deed = { ...person, origin, disputeToken: token }
const alert = { ...person, login: 'juerg', at }

/** One of each kind; a new kind without a sample does not compile. */
const samples: { readonly [Kind in Message['kind']]: Message & { readonly kind: Kind } } = {
  code: { kind: 'code', code: '48203917', expiresAt: at, reference: 'K7-4QF' },
  address_code: { kind: 'address_code', code: '58203911', expiresAt: at, reference: 'K7-4QF' },
  password_reset: { kind: 'password_reset', ...deed, methods: ['app_code', 'email'] },
  password_changed: { kind: 'password_changed', ...deed },
  method_added: { kind: 'method_added', ...deed, method: 'app_code' },
  method_removed: { kind: 'method_removed', ...deed, method: 'email' },
  account_unlocked: { kind: 'account_unlocked', ...deed },
  pass_issued: { kind: 'pass_issued', ...deed, until: at + 3_600_000 },
  pass_used: { kind: 'pass_used', ...deed },
  administrator_pass: { kind: 'administrator_pass', what: 'issued', ...alert },
  recovery_code_used: { kind: 'recovery_code_used', ...deed, left: 3 },
  administrator_reset: { kind: 'administrator_reset', ...person, login: 'juerg', origin },
  cannot_reset: { kind: 'cannot_reset', ...person, why: 'disabled', origin },
  failures: { kind: 'failures', method: 'email', count: 10, displayName: 'Jürg Müller' },
  contact_changed: { kind: 'contact_changed', displayName: 'Jürg Müller', from: at },
  enrolled: { kind: 'enrolled', method: 'app_code', displayName: 'Jürg Müller', at },
  enrollment_removed: { kind: 'enrollment_removed', method: 'email', displayName: 'Jürg Müller', at },
  token_assigned: { kind: 'token_assigned', serial: 'GALT-2308724', displayName: 'Jürg Müller', at },
  disputed: { kind: 'disputed', displayName: 'Jürg Müller', at, until: at + 86_400_000 },
  dispute_alert: { kind: 'dispute_alert', ...alert, held: true },
  settled: { kind: 'settled', ...person, outcome: 'unknown', at },
  unknown_outcome_alert: { kind: 'unknown_outcome_alert', ...alert },
  reset_required: { kind: 'reset_required', displayName: 'Jürg Müller' },
  set_up: { kind: 'set_up', displayName: 'Jürg Müller', isReminder: false },
}
const messages: readonly Message[] = Object.values(samples)
const deeds = [
  ...['password_reset', 'password_changed', 'account_unlocked', 'recovery_code_used'],
  ...['method_added', 'method_removed', 'pass_issued', 'pass_used'],
]

/** What a reader of the HTML part reads. */
const seen = (html: string): string =>
  html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replace(/<\/(p|h1|td|tr|a)>|<br>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
const withoutIsolates = (text: string): string => text.replace(/[\u2068\u2069]/g, '')

const cases = texts.locales.flatMap(locale =>
  messages.map(message => [locale, message.kind, message] as const),
)

describe.each(cases)('in %s, %s', (locale, kind, message) => {
  const mail = renderMail(message, locale, context)

  test('says the same in both parts', () => {
    const words = seen(mail.html)
    for (const line of withoutIsolates(mail.text).split('\n')) {
      const [label, value] = line.split(/: (?=\S)/)
      if (deeds.includes(kind) && line.includes('/not-me/')) expect(mail.html).toContain(`href="${line}"`)
      else if (line.startsWith(`${context.publicUrl}/`)) expect(mail.html).toContain(`href="${line}"`)
      else if (line.endsWith(':')) expect(words).toContain(line.slice(0, -1))
      else if (value !== undefined && !words.includes(line)) expect(words).toContain(`${label}\n${value}`)
      else expect(words).toContain(line.trim())
    }
  })

  test('names the way to a human, the language and its direction', () => {
    for (const line of Object.values(help)) {
      expect(withoutIsolates(mail.text)).toContain(line)
      expect(seen(mail.html)).toContain(line)
    }
    expect(mail.html).toContain(`<html lang="${locale}" dir="${locale === 'ar' ? 'rtl' : 'ltr'}">`)
  })

  test('loads nothing and leads only to us and to the help desk (EML-02, EML-04)', () => {
    expect(mail.html).not.toMatch(
      /<(img|link|script|iframe|object|form|base)\b|\ssrc=|url\(|@import|\son\w+=/i,
    )
    const links = [...mail.html.matchAll(/href="([^"]*)"/g)].map(([, url = '']) => url)
    expect(links.every(url => url === help.url || url.startsWith('https://reset.example.test/'))).toBe(true)
    expect(mail.html.split(token).length - 1).toBe(deeds.includes(kind) ? 1 : 0)
    expect(mail.text.split(`\nhttps://reset.example.test/not-me/${token}\n`).length - 1).toBe(
      deeds.includes(kind) ? 1 : 0,
    )
  })

  test('tells the origin roughly, and no code in the subject', () => {
    expect(mail.subject).not.toMatch(/48203917|dispute-token|\n/)
    expect(mail.text + mail.html).not.toContain('113.7')
    if ('origin' in message) expect(withoutIsolates(mail.text)).toContain('203.0.x.x')
  })
})

test('a code can be copied without spaces from both parts', () => {
  const mail = renderMail(samples.code, 'en', context)
  expect(mail.text).toMatch(/^ {4}48203917$/m)
  expect(seen(mail.html)).toContain('48203917')
  expect(mail.html).toMatch(/<span>4820<\/span><span style="padding-left:12px">3917<\/span>/)
})

test('times are those of the organisation, with the name of the zone', () => {
  expect(renderMail(samples.password_reset, 'de', context).text).toContain('15. Januar 2026 um 13:00 MEZ')
  const newYork = { ...context, organisation: { ...context.organisation, timeZone: 'America/New_York' } }
  expect(renderMail(samples.password_reset, 'de', newYork).text).toContain('15. Januar 2026 um 07:00 GMT-5')
})

test.each([
  ['de-AT', 'de'],
  ['', 'de'],
  ['fr', 'de'],
  ['en-GB', 'en'],
  ['"><b>\r\n', 'de'],
])('the locale %j is answered in %s', (asked, spoken) => {
  expect(renderMail(samples.code, asked, context).locale).toBe(spoken)
})

test('every reason has its own explanation', () => {
  const reasons: Record<ExplainedReason, true> = {
    out_of_scope: true,
    disabled: true,
    expired: true,
    protected: true,
    too_few_methods: true,
    held: true,
    too_young: true,
    locked_for_good: true,
  }
  const told = Object.keys(reasons).map(
    why => renderMail({ ...samples.cannot_reset, why: why as ExplainedReason }, 'en', context).text,
  )
  expect(new Set(told).size).toBe(8)
})

describe('what strangers and organisations write stays text', () => {
  const hostile = '</title><img src=x onerror=alert(1)>"\'&\u202e\u2069\u2066 {name} javascript:'
  const everywhere = (message: Message): RenderedMail =>
    renderMail({ ...message, displayName: hostile, login: hostile, reference: hostile } as Message, 'en', {
      ...context,
      organisation: { ...context.organisation, name: hostile },
      help: { name: hostile, telephone: hostile, hours: hostile, url: help.url },
    })

  test.each(messages.map(message => [message.kind, message] as const))('in %s', (_kind, message) => {
    const { html, text, subject } = everywhere(message)
    expect(html).not.toMatch(/<img|<\/title><|"'/)
    expect(html.match(/<bdi/g)?.length ?? 0).toBe(html.match(/<\/bdi>/g)?.length ?? 0)
    expect(html + text + subject).not.toMatch(/[\u202a-\u202e\u2066\u2067]/)
  })

  test('a name of another direction is isolated', () => {
    const { html, text } = renderMail({ ...samples.settled, displayName: 'ليلى' }, 'en', context)
    expect(text).toContain('Hello \u2068ليلى\u2069,')
    expect(html).toContain('Hello <bdi>ليلى</bdi>,')
    expect(renderMail(samples.settled, 'en', context).text).not.toMatch(/[\u2066-\u2069]/)
  })
})

test('what the organisation left empty leaves no empty line, and a nameless person no greeting', () => {
  const bare = { ...context, help: { name: 'Porter', telephone: '', hours: '', url: '' } }
  const { html, text } = renderMail({ ...samples.settled, displayName: '  ' }, 'en', bare)
  expect(text).not.toMatch(/\n{3}|Hello/)
  expect(html).not.toMatch(/<br><\/p>|href=""|Hello/)
})
