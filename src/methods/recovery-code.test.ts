import { describe, expect, it } from 'vitest'
import type { Judged } from '../method.ts'
import { contextOf, methodConformance } from './conformance.ts'
import { newRecoveryCodes, recoveryCode } from './recovery-code.ts'

methodConformance(recoveryCode, context => {
  const { codes, secret } = newRecoveryCodes(context)
  const code = (codes[3] ?? '').replaceAll('-', '')
  return { secret, answer: () => code, hidden: [...codes, code, code.slice(0, 8)] }
})

const context = contextOf('recovery code')
const judge = (secret: string, code: string): Judged =>
  recoveryCode.judge(context, secret, '', { kind: 'code', code })

describe('a fresh set', () => {
  const { codes, secret } = newRecoveryCodes(context)

  it('has ten different codes of sixteen letters, printed in groups of four', () => {
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
  })

  it('uses each code once, in any order, and says how many are left', () => {
    let kept = secret
    for (const [used, code] of codes.toReversed().entries()) {
      const judged = judge(kept, code)
      expect(judged).toMatchObject({ verdict: 'passed', left: 9 - used })
      kept = judged.secret ?? ''
      expect(judge(kept, code)).toEqual({ verdict: 'failed' })
    }
    for (const code of codes) expect(judge(kept, code).verdict).toBe('failed')
  })

  it('is of no use under the keys of another deployment', () => {
    const elsewhere = { ...context, keys: { ...context.keys, digests: () => ['other.digest'] } }
    expect(recoveryCode.judge(elsewhere, secret, '', { kind: 'code', code: codes[0] ?? '' }).verdict).toBe(
      'failed',
    )
  })

  it('asks for sixteen letters of base32', () => {
    const prompt = { kind: 'code', format: 'base32', length: 16 }
    expect(recoveryCode.begin(context, secret)).toEqual({ prompt, state: '' })
  })
})

describe('what looks alike on paper', () => {
  const secret =
    recoveryCode.fromImport(context, { codes: ['OBIL-OBIL-OBIL-OBIL', 'AAAA-AAAA-AAAA-AAAA'] }) ?? ''

  it('is one letter: O and 0, B and 8, I and L and 1', () => {
    for (const typed of [
      'OBILOBILOBILOBIL',
      '08ll-08ll-08ll-08ll',
      '0811 0811 0811 0811',
      'obil OBLI 0b1i O8I1',
      'o8il‑o8il–o8il—o8il',
    ])
      expect(judge(secret, typed).verdict, typed).toBe('passed')
  })

  it('stops there', () => {
    for (const typed of [
      'QBILOBILOBILOBIL',
      '9BILOBILOBILOBIL',
      'OSILOBILOBILOBIL',
      'OBJLOBILOBILOBIL',
      'OBIL_OBILOBILOBI',
    ])
      expect(judge(secret, typed).verdict, typed).toBe('failed')
  })
})

describe('an import', () => {
  it('takes codes that were printed elsewhere, of 64 bits at least', () => {
    const codes = ['ABCDEFGHJKMN2', 'abcd-efgh-jkmn-pqrs-tuvw']
    const secret = recoveryCode.fromImport(context, { login: 'ann', method: 'recovery_code', codes }) ?? ''
    expect(codes.map(code => judge(secret, code).left)).toEqual([1, 1])
    expect(secret).not.toContain('ABCD')
    expect(recoveryCode.fromImport(context, { codes: ['ABCDEFGHJKMN'] })).toBeNull()
  })

  it('refuses what is malformed, twice the same, too long or too many', () => {
    const good = 'ABCDEFGHJKMNPQRS'
    const many = Array.from(
      { length: 51 },
      (_, index) => good.slice(0, 14) + 'ABCDEFG'[index % 7] + 'HJKMNPQR'[Math.floor(index / 7)],
    )
    const refused = [
      [],
      [good, good],
      [good, good.toLowerCase()],
      [`${good}9`],
      [7],
      [null],
      [[good]],
      ['A'.repeat(49)],
      many,
    ]
    for (const codes of refused) expect(recoveryCode.fromImport(context, { codes })).toBeNull()
    expect(recoveryCode.fromImport(context, { codes: many.slice(0, 50) })).not.toBeNull()
    expect(recoveryCode.fromImport(context, { codes: [good], code: good })).toBeNull()
  })
})

it('is one channel, whichever set', () => {
  const channels = [1, 2].map(() => recoveryCode.channel(newRecoveryCodes(context).secret))
  expect(new Set(channels).size).toBe(1)
})
