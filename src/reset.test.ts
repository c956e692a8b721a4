import { expect, test } from 'vitest'
import { type Option, optionOf, proofBehind } from './reset.ts'

const option: Option = {
  id: 'o',
  method: 'passkey',
  enrollment: 'a',
  channel: 'passkey:a',
  source: 'person',
  hint: null,
  decides: false,
  others: [
    { enrollment: 'b', channel: 'passkey:b', source: 'import' },
    { enrollment: 'c', channel: 'passkey:c', source: 'person', decides: false },
  ],
}

test('an option that stands for several becomes the one that proved, with its own channel, source and weight', () => {
  const proofs = ['a', 'b', 'c'].map(id => proofBehind(optionOf(option, id) ?? option, id, 7))
  const same = { option: 'o', method: 'passkey', at: 7 }
  expect(proofs).toEqual([
    { ...same, enrollment: 'a', channel: 'passkey:a', source: 'person', decides: false },
    { ...same, enrollment: 'b', channel: 'passkey:b', source: 'import' },
    { ...same, enrollment: 'c', channel: 'passkey:c', source: 'person', decides: false },
  ])
})

test('it never becomes one that is not behind it, nor an empty one anything', () => {
  expect(optionOf(option, 'd')).toBeNull()
  expect(optionOf({ ...option, enrollment: null, others: [] }, '')).toBeNull()
})
