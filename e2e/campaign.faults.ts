// A campaign as an operator runs it: real programs, a real directory, a mail server; the server is killed in the middle.
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MailSink, startMailSink } from '../rig/mail-sink.ts'
import { openldapEntry, prepareServe, type Serve } from '../rig/serve.ts'
import { type Slapd, startSlapd } from '../rig/slapd.ts'

const PEOPLE = Array.from({ length: 30 }, (_, index) => ({
  uid: `person${String(index + 1).padStart(2, '0')}`,
  password: 'An old sentence of theirs',
}))

let slapd: Slapd
let mail: MailSink
let serve: Serve
beforeAll(async () => {
  ;[slapd, mail] = await Promise.all([startSlapd({ users: PEOPLE }), startMailSink()])
  const policy = { registration: { campaign_mails_per_minute: 600 } }
  serve = await prepareServe({ directories: [openldapEntry(slapd)], mail, policy })
  await serve.enrol(
    { login: 'person01', method: 'app_code', secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
    { login: 'person01', method: 'email', address: 'one@private.example' },
  )
  await serve.start()
})
afterAll(() => Promise.all([serve.stop(), slapd.stop(), mail.stop()]))

const invitations = () => mail.mails.filter(({ text }) => text.includes('/security-info/setup'))

test('everybody who lacks methods gets one mail, though the server is killed meanwhile', {
  timeout: 60_000,
}, async () => {
  expect(await serve.command(['campaign', 'status'])).toBe('There never was a campaign.\n')
  expect(await serve.command(['campaign', 'start', '--remind-after', '7'])).toContain('at most 600 people')
  await mail.waitFor(({ text }) => text.includes('/security-info/setup'))
  await serve.stop('SIGKILL')
  await serve.start()
  while (!/everybody/.test(await serve.command(['campaign', 'status']))) await pause(200)
  await mail.waitFor(() => invitations().length >= PEOPLE.length - 1, 20_000)
  const to = invitations().map(({ to }) => to[0])
  expect(new Set(to).size).toBe(PEOPLE.length - 1)
  expect(to).not.toContain('person01@example.test')
  const [first] = invitations()
  expect(first?.subject).toBe('Fabrikam Example: set up how you get back in')
  expect(first?.text.split(/\r?\n/)).toContain(`${serve.origin}/security-info/setup`)
  const left = (await serve.command(['campaign', 'left'])).split('\r\n')
  expect(left).toHaveLength(PEOPLE.length + 1)
  expect(left[0]).toBe('login,directory,mailed_at')
  expect(
    left
      .slice(1)
      .filter(line => line !== '')
      .every(line => /^person\d\d,people,2/.test(line)),
  ).toBe(true)
  await expect(serve.command(['campaign', 'start'])).rejects.toThrow('A campaign is under way')
  expect(await serve.command(['campaign', 'pause'])).toContain('paused')
  expect(await serve.command(['campaign', 'stop'])).toContain('stopped for good')
})
