import { describe, expect, it } from 'vitest'
import { minutes } from '../lib/clock.ts'
import { newBase32 } from '../lib/random.ts'
import type { Begun } from '../method.ts'
import { contextOf, methodConformance } from './conformance.ts'
import { email } from './email.ts'

const codeOf = ({ send }: Begun): string => (send?.message.kind === 'code' ? send.message.code : '')

methodConformance(email, context => {
  const mailbox = newBase32(context.random, 12).toLowerCase()
  return {
    secret: `${mailbox}@example.test`,
    answer: codeOf,
    hidden: [mailbox, mailbox.slice(0, 2), 'example'],
  }
})

const context = contextOf('email')
const address = 'anna.example@example.test'

describe('a code by mail', () => {
  it('goes to the stored address, with its end and the reference of the reset', () => {
    const { send, prompt } = email.begin(context, address)
    expect(send).toEqual({
      to: address,
      message: {
        kind: 'code',
        code: expect.stringMatching(/^[0-9]{6}$/),
        expiresAt: context.now + minutes(10),
        reference: context.reference,
      },
    })
    expect(prompt).toEqual({ kind: 'code', format: 'digits', length: 6, sentTo: 'a…@…' })
  })

  it('lives ten minutes, five in the strict profile', () => {
    expect([email.lifetimeMs(false), email.lifetimeMs(true)]).toEqual([minutes(10), minutes(5)])
    expect(email.begin({ ...context, strict: true }, address).send?.message).toMatchObject({
      expiresAt: context.now + minutes(5),
    })
  })

  it('is a new one each time, and the former one is of no use to the new try', () => {
    const first = email.begin(context, address)
    const second = email.begin(context, address)
    const judged = email.judge(context, address, second.state, { kind: 'code', code: codeOf(first) })
    expect([codeOf(first) === codeOf(second), judged]).toEqual([false, { verdict: 'failed' }])
    // The code of another reset lives on: a stranger cannot kill it by asking for one (TOK-07).
    expect(email.judge(context, address, first.state, { kind: 'code', code: codeOf(first) }).verdict).toBe(
      'passed',
    )
  })

  it('is of no use to another address, though the state is the same', () => {
    const begun = email.begin(context, address)
    const judged = email.judge(context, 'b@example.test', begun.state, { kind: 'code', code: codeOf(begun) })
    expect(judged.verdict).toBe('failed')
  })

  it('leaves another trace each time, even where chance draws the same digits again', () => {
    const random = { ...context.random, below: () => 7 }
    const traces = [1, 2].map(() => email.begin({ ...context, random }, address).state.split(' ')[1])
    expect([new Set(traces).size, traces.includes(undefined)]).toEqual([2, false])
  })

  it('survives a state that nobody wrote', () => {
    for (const state of ['', ' ', 'a b c', '.', 'digest-2026-01-01. '])
      expect(email.judge(context, address, state, { kind: 'code', code: '123456' }).verdict).toBe('failed')
  })
})

describe('an address', () => {
  it('is one mailbox in every spelling of its domain, and one channel in every case', () => {
    const spelled = ['Anna@EXAMPLE.test', ' Anna@example.test ', 'Anna@ｅxample.test']
    const secrets = spelled.map(given =>
      email.fromImport(context, { login: 'anna', method: 'email', address: given }),
    )
    expect(new Set(secrets)).toEqual(new Set(['Anna@example.test']))
    expect(email.channel('Anna@example.test')).toBe(email.channel('anna@example.test'))
    expect(email.channel('anna@example.test')).not.toBe(email.channel('anna@example.org'))
  })

  it('is refused where it is none, or more than one', () => {
    for (const given of [
      '',
      'anna',
      '@example.test',
      'a@b',
      'a@example.test,b@example.test',
      'a@example.test\r\nBcc: b',
      'a b@example.test',
      null,
    ])
      expect(email.fromImport(context, { address: given })).toBeNull()
    expect(email.fromImport(context, { address, mail: address })).toBeNull()
  })

  it('is hinted by its first letter as people count letters', () => {
    expect(email.hint('é́x@example.test')).toBe('é́…@…')
    expect(email.hint('👩‍🚀x@example.test')).toBe('👩‍🚀…@…')
  })

  it('reaches notices', () => {
    expect(email.address(address)).toBe(address)
  })
})
