import { expect, test } from 'vitest'
import { senderFindings } from './doctor-mail.ts'

const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }))

/** A DNS that knows these names; others do not exist, or nobody answers. */
const dns =
  (records: Readonly<Record<string, readonly string[]>>, other = 'ENOTFOUND') =>
  async (name: string) =>
    records[name] ?? failing(other)

const GOOD = {
  'example.org': ['google-site-verification=1', 'v=spf1 include:_spf.example.org -all'],
  '_domainkey.example.org': [],
  'one._domainkey.example.org': ['v=DKIM1; k=rsa; p=MIIB'],
  '_dmarc.example.org': ['v=DMARC1; p=reject; rua=mailto:x@example.org'],
}

const levels = async (...args: Parameters<typeof senderFindings>) =>
  (await senderFindings(...args)).map(({ level, text }) => `${level} ${text.split(':')[0]}`)

test('a domain that says everything is all right', async () => {
  expect(await levels('example.org', 'one', dns(GOOD))).toEqual(['ok SPF', 'ok DKIM', 'ok DMARC'])
})

test('a domain that says nothing is warned of thrice', async () => {
  const empty = dns({ 'example.org': [] })
  expect(await levels('example.org', null, empty)).toEqual(['warning SPF', 'warning DKIM', 'warning DMARC'])
})

test.each(['ETIMEOUT', 'ECONNREFUSED', 'ESERVFAIL'])(
  'where DNS fails with %s everything is unknown',
  async code => {
    expect(await levels('example.org', 'one', dns({}, code))).toEqual([
      'unknown SPF',
      'unknown DKIM',
      'unknown DMARC',
    ])
  },
)

test('a domain that this DNS does not know says nothing about what others see', async () => {
  const [only, ...more] = await senderFindings('example.org', null, dns({}))
  expect(only).toEqual({ level: 'unknown', text: 'the DNS of this machine knows no domain example.org.' })
  expect(more).toEqual([])
})

test('selectors of DKIM cannot be listed', async () => {
  expect(await levels('example.org', null, dns(GOOD))).toContain('unknown DKIM')
  expect(await levels('example.org', 'two', dns(GOOD))).toContain('warning DKIM')
})

test.each([
  ['two SPF records', { 'example.org': ['v=spf1 -all', 'v=spf1 ~all'] }, 'error SPF'],
  ['an SPF record that allows everybody', { 'example.org': ['v=spf1 +all'] }, 'warning SPF'],
  ['no SPF among other texts', { 'example.org': ['v=spf10 -all'] }, 'warning SPF'],
  ['a revoked key', { 'one._domainkey.example.org': ['v=DKIM1; p='] }, 'error DKIM'],
  ['a policy that only watches', { '_dmarc.example.org': ['v=DMARC1; p=none'] }, 'warning DMARC'],
  ['a policy that says nothing', { '_dmarc.example.org': ['v=DMARC1; sp=reject'] }, 'error DMARC'],
])('%s is told', async (_what, change, expected) => {
  expect(await levels('example.org', 'one', dns({ ...GOOD, ...change }))).toContain(expected)
})

test('a host below the domain is covered by the policy above', async () => {
  const records = { ...GOOD, 'mail.example.org': ['v=spf1 -all'] }
  expect(await levels('mail.example.org', null, dns(records))).toContain('ok DMARC')
})
