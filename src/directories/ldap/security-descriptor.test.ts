import { expect, test } from 'vitest'
import { guidBytes, sidBytes } from './binary-ids.ts'
import { mayResetPassword, readDacl } from './security-descriptor.ts'

const US = 'S-1-5-21-1-2-3-1104'
const RESET = '00299570-246d-11d0-a768-00aa006e0529'
const CHANGE = 'ab721a53-1e2f-11d0-9819-00aa0040529b'
const USER = 'bf967aba-0de6-11d0-a285-00aa003049e2'

type Ace = { type: number; flags?: number; mask?: number; right?: string; inherited?: string; sid?: string }

function aceOf({ type, flags = 0, mask = 0x100, right, inherited, sid = US }: Ace): Buffer {
  const parts = [right, inherited].flatMap(guid =>
    guid === undefined ? [] : [guidBytes(guid) ?? Buffer.alloc(0)],
  )
  const present = Buffer.alloc(4)
  present.writeUInt32LE((right ? 1 : 0) + (inherited ? 2 : 0))
  const isObject = type === 5 || type === 6
  const rest = Buffer.concat([...(isObject ? [present, ...parts] : []), sidBytes(sid) ?? Buffer.alloc(0)])
  const head = Buffer.alloc(8)
  head.writeUInt8(type, 0)
  head.writeUInt8(flags, 1)
  head.writeUInt16LE(8 + rest.length, 2)
  head.writeUInt32LE(mask, 4)
  return Buffer.concat([head, rest])
}

function descriptor(...aces: readonly Ace[]): Buffer {
  const list = Buffer.concat(aces.map(aceOf))
  const head = Buffer.alloc(28)
  head.writeUInt32LE(20, 16)
  head.writeUInt16LE(8 + list.length, 22)
  head.writeUInt16LE(aces.length, 24)
  return Buffer.concat([head, list])
}

const may = (...aces: readonly Ace[]): boolean =>
  mayResetPassword(readDacl(descriptor(...aces)) ?? [], [US, 'S-1-5-11'])

test('the right to reset is found where it is given, to us or to a group of ours', () => {
  expect(may({ type: 5, right: RESET })).toBe(true)
  expect(may({ type: 5, right: RESET, inherited: USER })).toBe(true)
  expect(may({ type: 5 })).toBe(true)
  expect(may({ type: 0 })).toBe(true)
  expect(may({ type: 0, mask: 0xf01ff })).toBe(true)
  expect(may({ type: 5, right: RESET, sid: 'S-1-5-11' })).toBe(true)
})

test('another right, another holder, and what only children inherit give nothing', () => {
  expect(may()).toBe(false)
  expect(may({ type: 5, right: CHANGE })).toBe(false)
  expect(may({ type: 5, right: RESET, sid: 'S-1-5-21-1-2-3-1105' })).toBe(false)
  expect(may({ type: 5, right: RESET, flags: 0x0a })).toBe(false)
  expect(may({ type: 5, right: RESET, mask: 0x30 })).toBe(false)
  expect(may({ type: 2 })).toBe(false)
})

test('the first entry that speaks of it decides', () => {
  expect(may({ type: 6, right: RESET }, { type: 5, right: RESET })).toBe(false)
  expect(may({ type: 1 }, { type: 0 })).toBe(false)
  expect(may({ type: 5, right: RESET }, { type: 6, right: RESET })).toBe(true)
  expect(may({ type: 6, right: CHANGE }, { type: 5, right: RESET })).toBe(true)
})

test('what is cut short or no descriptor cannot be read', () => {
  const whole = descriptor({ type: 5, right: RESET }, { type: 0 })
  for (let length = 0; length < whole.length; length++) expect(readDacl(whole.subarray(0, length))).toBeNull()
  expect(readDacl(undefined)).toBeNull()
  expect(readDacl(Buffer.alloc(64))).toBeNull()
  expect(readDacl(whole)?.length).toBe(2)
})
