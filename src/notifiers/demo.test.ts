import { expect, test } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import { deadline } from '../lib/clock.ts'
import { demoMailbox } from './demo.ts'

const signal = deadline(10_000)
const message = { kind: 'reset_required', displayName: 'Ada' } as const

test('keeps mail with its moment, newest last', async () => {
  const clock = fakeClock()
  const mailbox = demoMailbox(clock, (_message, locale) => ({
    subject: locale,
    text: 't',
    html: 'h',
    locale,
  }))
  await mailbox.send(message, { channel: 'mail', to: 'ada@example.org', locale: 'de' }, signal)
  clock.advance(1_000)
  await mailbox.send(message, { channel: 'mail', to: 'bob@example.org', locale: 'ja' }, signal)
  expect(mailbox.messages()).toEqual([
    { channel: 'mail', to: 'ada@example.org', subject: 'de', text: 't', html: 'h', at: clock.now() - 1_000 },
    { channel: 'mail', to: 'bob@example.org', subject: 'ja', text: 't', html: 'h', at: clock.now() },
  ])
  expect(await mailbox.check(signal)).toBe(true)
})

test('forgets the oldest above 500', async () => {
  const mailbox = demoMailbox(fakeClock(), () => ({ subject: 's', text: 't', html: 'h', locale: 'en' }))
  for (let sent = 0; sent < 501; sent++) {
    await mailbox.send(message, { channel: 'mail', to: `a${sent}@example.org`, locale: 'en' }, signal)
  }
  expect(mailbox.messages()).toHaveLength(500)
  expect(mailbox.messages()[0]?.to).toBe('a1@example.org')
})
