import { expect, test } from 'vitest'
import { browserFamily, roughNetwork } from './origin.ts'

test.each([
  ['203.0.113.7', '203.0.x.x'],
  ['203.0.113.7/32', '203.0.x.x'],
  ['::ffff:203.0.113.7', '203.0.x.x'],
  ['2001:DB8:85a3::8a2e:370:7334', '2001:db8:x:x'],
  ['2001:db8:85a3:1::/64', '2001:db8:x:x'],
  ['2001::1', '2001:0:x:x'],
  ['::1', '0:0:x:x'],
  ['unix', null],
  ['', null],
  ['203.0.113.7, evil', null],
  ['<b>:1', null],
])('the network of %j is told as %j', (source, told) => {
  expect(roughNetwork(source)).toBe(told)
})

test('a browser is told by its family, or not at all', () => {
  expect(browserFamily('Firefox')).toBe('Firefox')
  expect(browserFamily('Samsung Internet')).toBe('Samsung Internet')
  for (const strange of [
    null,
    '',
    'Call +41 900 000 now',
    'see https://evil.example.org',
    'x'.repeat(31),
    'A\nB',
  ]) {
    expect(browserFamily(strange)).toBeNull()
  }
})
