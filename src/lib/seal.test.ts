import { describe, expect, it, test } from 'vitest'
import { keysOf, ringOf } from '../../rig/keys.ts'
import { createKeys, equal } from './seal.ts'

const keys = keysOf('here')
const PLACE = 'enrollments\0row 1\0secret'

describe('a sealed value', () => {
  test.each(['', 'a', 'ünïcode 😀', '\0', 'x'.repeat(100_000)])('opens to what was sealed', text => {
    expect(keys.open(keys.seal(text, PLACE), PLACE)).toBe(text)
  })

  it('shows nothing of it, and is another one each time', () => {
    const sealed = [1, 2, 3].map(() => keys.seal('a secret word', PLACE))
    expect(new Set(sealed).size).toBe(3)
    for (const one of sealed)
      expect(Buffer.from(one.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain('secret')
  })

  it('does not open in another place', () => {
    const sealed = keys.seal('text', PLACE)
    for (const elsewhere of ['enrollments\0row 2\0secret', 'enrollments\0row 1\0state', '', `${PLACE} `])
      expect(() => keys.open(sealed, elsewhere)).toThrow()
  })

  it('does not open when any bit of it was altered, or a part is missing', () => {
    const sealed = keys.seal('text', PLACE)
    const [id = '', body = ''] = sealed.split('.')
    const bytes = Buffer.from(body, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes)
      altered.writeUInt8((bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3)
      expect(() => keys.open(`${id}.${altered.toString('base64url')}`, PLACE), `bit ${bit}`).toThrow()
    }
    for (let length = 0; length < bytes.length; length++)
      expect(() => keys.open(`${id}.${bytes.subarray(0, length).toString('base64url')}`, PLACE)).toThrow()
    for (const text of ['', '.', id, `${id}.`, body, `other.${body}`, `decoy-2026-01-01.${body}`])
      expect(() => keys.open(text, PLACE)).toThrow('was not sealed by a key of the ring')
    const tooShort = bytes.subarray(0, 43).toString('base64url')
    expect(() => keys.open(`${id}.${tooShort}`, PLACE)).toThrow('was not sealed by a key of the ring')
  })

  it('of an earlier version still opens: salt, nonce, text and tag lie where they lay', () => {
    // Written down: a change here would make every stored value unreadable.
    expect(keys.open(SEALED, PLACE)).toBe('written down')
  })

  it('says in its exception neither what it is nor which key opens it', () => {
    const sealed = keys.seal('the secret text', PLACE)
    for (const attempt of [() => keys.open(sealed, 'elsewhere'), () => keys.open(`${sealed}AAAA`, PLACE)]) {
      expect(attempt).toThrow(/^(?!.*secret)(?!.*row 1)/)
    }
  })

  it('never has the nonce of another: 100,000 of them', { timeout: 60_000 }, () => {
    const count = 100_000
    const nonces = new Set<string>()
    for (let made = 0; made < count; made++) {
      const bytes = Buffer.from(keys.seal('', PLACE).split('.')[1] ?? '', 'base64url')
      nonces.add(bytes.toString('latin1', 16, 28))
    }
    expect(nonces.size).toBe(count)
  })
})

const SEALED = 'seal-2026-01-01.sTRRFOhYZFPpob-1F_SD1HNZtFCdvRgdRtCQEkSMbD41CxwSfPWcFrEPw7Et9II-bI_T-nP_98M'

describe('a key ring', () => {
  const old = ringOf('here', '2026-01-01')
  const newer = ringOf('here', '2026-02-01')
  const before = createKeys(old)
  const both = createKeys([...newer, ...old])
  const after = createKeys(newer)

  it('seals, digests and signs with its newest key, in whatever order it is written', () => {
    for (const ring of [both, createKeys([...old, ...newer])]) {
      expect(ring.seal('x', PLACE)).toMatch(/^seal-2026-02-01\./)
      expect(ring.digest('p', 'x')).toMatch(/^digest-2026-02-01\./)
      expect(ring.sign('p', 'x')).toContain('.sign-2026-02-01.')
    }
  })

  it('reads what an older key made, until that is retired', () => {
    const made = {
      sealed: before.seal('x', PLACE),
      digest: before.digest('p', 'x'),
      signed: before.sign('p', 'x'),
    }
    expect(both.open(made.sealed, PLACE)).toBe('x')
    expect(both.matches(made.digest, 'p', 'x')).toBe(true)
    expect(both.verify('p', made.signed)).toBe('x')
    expect(() => after.open(made.sealed, PLACE)).toThrow()
    expect(after.matches(made.digest, 'p', 'x')).toBe(false)
    expect(after.verify('p', made.signed)).toBeNull()
  })

  it('names every digest that a secret may be stored under, the newest first', () => {
    expect(both.digests('p', 'x')).toEqual([after.digest('p', 'x'), before.digest('p', 'x')])
  })

  it('without a key for a use does not make do with another', () => {
    const lame = createKeys(old.filter(({ use }) => use !== 'sign'))
    expect(() => lame.sign('p', 'x')).toThrow('sign')
    expect(lame.verify('p', before.sign('p', 'x'))).toBeNull()
  })

  it('of another deployment opens, matches and verifies nothing', () => {
    const elsewhere = keysOf('elsewhere')
    expect(() => elsewhere.open(before.seal('x', PLACE), PLACE)).toThrow()
    expect(elsewhere.matches(before.digest('p', 'x'), 'p', 'x')).toBe(false)
    expect(elsewhere.verify('p', before.sign('p', 'x'))).toBeNull()
    expect(elsewhere.pseudonym('p', 'x')).not.toBe(before.pseudonym('p', 'x'))
  })
})

describe('a digest', () => {
  it('matches its own secret and purpose, and no other', () => {
    const stored = keys.digest('code', '123456')
    expect(keys.matches(stored, 'code', '123456')).toBe(true)
    const others = [
      ['code', '123457'],
      ['token', '123456'],
      ['code\x0a3456', ''],
      ['', 'code\x0a3456'],
      ['code', ''],
    ]
    for (const [purpose = '', secret = ''] of others)
      expect(keys.matches(stored, purpose, secret)).toBe(false)
    for (const text of ['', '.', stored.slice(0, -1), `${stored}A`, stored.toUpperCase()])
      expect(keys.matches(text, 'code', '123456')).toBe(false)
  })
})

describe('a pseudonym', () => {
  it('is the same for ever, another for another purpose, and says nothing', () => {
    // Written down: a change here would give every decoy another face.
    expect(keys.pseudonym('login', 'alice')).toBe(PSEUDONYM)
    expect(keys.pseudonym('account', 'alice')).not.toBe(PSEUDONYM)
    expect(keys.pseudonym('login', 'alicf')).not.toBe(PSEUDONYM)
    expect(PSEUDONYM).toMatch(/^[A-Za-z0-9_-]{27}$/)
  })
})

const PSEUDONYM = 'xRyri-qtOWpgpPOmNTfoP6HuyEy'

describe('a signed text', () => {
  it('is read back, by its purpose alone', () => {
    const signed = keys.sign('cookie', 'alice ünï')
    expect(keys.verify('cookie', signed)).toBe('alice ünï')
    expect(keys.verify('ticket', signed)).toBeNull()
  })

  it('altered in text, key or tag is nothing', () => {
    const [text = '', id = '', tag = ''] = keys.sign('cookie', 'alice').split('.')
    const other = Buffer.from('bob').toString('base64url')
    const altered = [
      `${other}.${id}.${tag}`,
      `${text}.${id}.${tag.slice(1)}`,
      `${text}.${id}.`,
      `${text}.${id}`,
      `${text}..${tag}`,
      `${text}.digest-2026-01-01.${tag}`,
      '',
      '..',
      '.',
      '\0',
    ]
    for (const signed of altered) expect(keys.verify('cookie', signed), signed).toBeNull()
  })
})

test('equality is by content, and lengths may differ', () => {
  expect([equal('', ''), equal('ab', 'ab'), equal('ab', 'ac'), equal('ab', 'abc'), equal('é', 'e')]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})
