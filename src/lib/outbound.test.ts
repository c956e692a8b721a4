import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { guardedLookup, isForbiddenHost, isPrivateAddress } from './outbound.ts'

it.each([
  ...[
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
  ],
  ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', '::1', '[::1]', 'fe80::1', 'fd00::1', 'ff02::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::7f00:1', '64:ff9b::a00:1', '2002:7f00:1::'],
])('%s is private', address => {
  expect(isPrivateAddress(address)).toBe(true)
})

it.each(['192.0.2.1', '172.32.0.1', '100.128.0.1', '11.0.0.1', '2001:db8::1', '[2606:4700::1111]'])(
  '%s is not private',
  address => {
    expect(isPrivateAddress(address)).toBe(false)
  },
)

it('a host that is an address is allowed by its own name alone; other names are judged when they are looked up', () => {
  expect(isForbiddenHost('10.0.0.1', [])).toBe(true)
  expect(isForbiddenHost('10.0.0.1', ['10.0.0.2', 'mirror.example.org'])).toBe(true)
  expect(isForbiddenHost('10.0.0.1', ['10.0.0.1'])).toBe(false)
  expect(isForbiddenHost('[fd00::1]', ['fd00::1'])).toBe(false)
  expect(isForbiddenHost('mirror.example.org', [])).toBe(false)
})

const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('a name', () => {
  const lookUp = (
    host: string,
    found: LookupAddress[],
    allowed: readonly string[],
    all = true,
  ): Promise<unknown> =>
    new Promise(resolve => {
      const done = (error: Error | null, address: unknown, family?: number): void =>
        resolve(error ? error.message : all ? address : [address, family])
      guardedLookup(allowed, async () => found)(host, { all }, done)
    })

  it('leads where it says, if that is the open internet', async () => {
    const found = at('192.0.2.1', '2001:db8::1')
    expect(await lookUp('api.example.org', found, [])).toEqual(found)
    expect(await lookUp('api.example.org', found, [], false)).toEqual(['192.0.2.1', 4])
  })

  it.each([[at('10.0.0.1')], [at('192.0.2.1', '127.0.0.1')], [at('2001:db8::1', '::ffff:10.0.0.1')]])(
    'that leads inside, by one of its addresses, leads nowhere: %j',
    async found => {
      expect(await lookUp('api.example.org', found, ['other.example.org'])).toMatch(
        /leads to a private address/,
      )
      expect(await lookUp('api.example.org', found, ['API.example.org'])).toEqual(found)
    },
  )

  it('without an address is an error', async () => {
    expect(await lookUp('api.example.org', [], [])).toBe('the name has no address')
  })
})
