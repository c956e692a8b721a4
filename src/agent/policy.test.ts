import { describe, expect, test } from 'vitest'
import { sampleAccount } from '../../rig/agent-directory.ts'
import type { AgentCall } from '../agent-call.ts'
import {
  type AgentPolicy,
  allowsOperation,
  isInside,
  isPaused,
  PAUSE_MS,
  quiet,
  spendWrite,
  type Volume,
  whyNotWritten,
} from './policy.ts'

const policy = (over: Partial<AgentPolicy> = {}): AgentPolicy => ({
  allowedOus: ['OU=Staff,DC=example,DC=test'],
  protectedGroups: ['CN=Domain Admins,CN=Users,DC=example,DC=test'],
  operations: ['reset', 'unlock'],
  resetsPerMinute: 3,
  ...over,
})
const NOW = Date.UTC(2026, 0, 15, 12)

describe('an account lies inside', () => {
  const inside = (place: string, allowedOus = ['OU=Staff,DC=example,DC=test']): boolean =>
    isInside(policy({ allowedOus }), sampleAccount({ place }))

  test.each([
    'CN=Ana,OU=Staff,DC=example,DC=test',
    'CN=Ana,OU=Berlin,OU=Staff,DC=example,DC=test',
    'cn=Ana, ou = STAFF , dc=Example,dc=TEST',
    'CN=Sample\\, Ana,OU=Staff,DC=example,DC=test',
    'CN=Sample\\2C Ana,OU=Staff,DC=example,DC=test',
    'OU=Staff,DC=example,DC=test',
  ])('%s', place => {
    expect(inside(place)).toBe(true)
  })

  test.each([
    'CN=Ana,OU=Other,DC=example,DC=test',
    'CN=Ana,DC=example,DC=test',
    'CN=Ana,OU=Staff,DC=example,DC=test,DC=more',
    // The comma belongs to the name: the account lies beside the unit.
    'CN=x\\,OU=Staff,DC=example,DC=test',
    'CN=x\\2COU=Staff,DC=example,DC=test',
    'CN=x\\\\\\,OU=Staff,DC=example,DC=test',
    'CN=x,OU\\=Staff,DC=example,DC=test',
    'CN=x,OU=OU\\=Staff,DC=example,DC=test',
    'CN=Ana,OU=NotStaff,DC=example,DC=test',
    'CN="x,OU=Staff",DC=example,DC=test',
    'CN="x",OU=Staff,DC=example,DC=test',
    'CN=Ana,,OU=Staff,DC=example,DC=test',
    'CN=Ana,OU=Staff,DC=example,DC=test\\',
    '',
  ])('not: %s', place => {
    expect(inside(place)).toBe(false)
  })

  test('whose name is escaped as one server does and another does not', () => {
    const allowed = ['OU=Prüfung\\, Süd,DC=example,DC=test']
    expect(inside('uid=a,ou=Pr\\C3\\BCfung\\2C S\\C3\\BCd,dc=example,dc=test', allowed)).toBe(true)
    expect(inside('uid=a,ou=Prufung\\, Sud,dc=example,dc=test', allowed)).toBe(false)
  })

  test('nowhere, where no unit is allowed, a unit is empty, or nobody knows where it lies; anywhere, where none is named', () => {
    const place = 'CN=Ana,OU=Staff,DC=example,DC=test'
    expect(inside(place, [])).toBe(false)
    expect(inside(place, [''])).toBe(false)
    expect(isInside(policy(), sampleAccount({}))).toBe(false)
    expect(isInside(policy({ allowedOus: null }), sampleAccount({}))).toBe(true)
  })
})

test('members of protected groups are not written, however the group is named', () => {
  const place = 'CN=Pat,OU=Staff,DC=example,DC=test'
  const names = [
    'CN=Domain Admins,CN=Users,DC=example,DC=test',
    'cn=domain admins, cn=users, dc=example, dc=test',
  ]
  for (const group of names)
    expect(whyNotWritten(policy(), sampleAccount({ place, groups: ['x', group] })), group).toMatch(
      /Domain Admins/,
    )
  expect(
    whyNotWritten(policy(), sampleAccount({ place, groups: ['CN=Admins,DC=example,DC=test'] })),
  ).toBeNull()
  expect(whyNotWritten(policy(), sampleAccount({ place: 'CN=Ana,DC=example' }))).toMatch(/outside/)
})

test('only what the host allows is done; looking up and checking is part of everything', () => {
  const ref = { directory: 'd', id: 'i' }
  const reset: AgentCall = { op: 'setPassword', ref, password: 'p', unlock: false, key: 'k' }
  const asks: [AgentCall, boolean][] = [
    [reset, true],
    [{ ...reset, unlock: true }, true],
    [{ op: 'unlock', ref }, true],
    [{ op: 'changePassword', ref, old: 'o', password: 'p', key: 'k' }, false],
    [{ op: 'authenticate', ref, password: 'p' }, false],
    [{ op: 'search', text: '', page: null }, false],
    [{ op: 'members', group: '', page: null }, false],
    [{ op: 'find', login: 'a' }, true],
    [{ op: 'outcome', ref, mark: '' }, true],
    [{ op: 'check' }, true],
  ]
  for (const [call, allowed] of asks) expect(allowsOperation(policy(), call), call.op).toBe(allowed)
  const resetOnly = policy({ operations: ['reset'] })
  expect(allowsOperation(resetOnly, reset)).toBe(true)
  expect(allowsOperation(resetOnly, { ...reset, unlock: true })).toBe(false)
})

describe('of writes', () => {
  const spend = (times: readonly number[], from: Volume = quiet) => {
    let volume = from
    const said = times.map(at => {
      const spent = spendWrite(policy(), volume, NOW + at)
      volume = spent.volume
      return spent.refusal
    })
    return { said, volume }
  }

  test('so many are done in a minute, and one more when the first is a minute old', () => {
    expect(spend([0, 1, 2, 3, 59_999, 60_000, 60_001]).said).toEqual([
      null,
      null,
      null,
      'too_many',
      'too_many',
      null,
      null,
    ])
  })

  test('twice as many as allowed pause the agent, for a time', () => {
    const { said, volume } = spend([0, 0, 0, 1, 1, 1, 2, 3])
    expect(said).toEqual([null, null, null, 'too_many', 'too_many', 'too_many', 'paused', 'paused'])
    expect(isPaused(volume, NOW + 2 + PAUSE_MS - 1)).toBe(true)
    expect(isPaused(volume, NOW + 2 + PAUSE_MS)).toBe(false)
    expect(spend([2 + PAUSE_MS], volume).said).toEqual([null])
  })

  test('none is free because a clock jumps, and no pause lasts longer for it', () => {
    expect(spend([0, 0, 0, -30_000]).said.at(-1)).toBe('too_many')
    const { volume } = spend([0, 0, 0, 1, 1, 1, 2])
    expect(isPaused(volume, NOW - 86_400_000)).toBe(false)
  })
})
