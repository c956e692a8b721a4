// A million sealed values: no salt and no nonce comes twice (security.md STO-07).
import { expect, it } from 'vitest'
import { keysOf } from '../../rig/keys.ts'

const COUNT = 1_000_000

it('never has the salt or the nonce of another', () => {
  const keys = keysOf('here')
  // Eight octets of each: where these differ the whole ones do, and they fit into the memory of a sort.
  const salts = new BigUint64Array(COUNT)
  const nonces = new BigUint64Array(COUNT)
  for (let made = 0; made < COUNT; made++) {
    const bytes = Buffer.from(keys.seal('', 'table/row/field').split('.')[1] ?? '', 'base64url')
    salts[made] = bytes.readBigUInt64BE(0)
    nonces[made] = bytes.readBigUInt64BE(16)
  }
  expect([repeats(salts), repeats(nonces)]).toEqual([0, 0])
})

function repeats(values: BigUint64Array): number {
  values.sort()
  let found = 0
  for (let index = 1; index < values.length; index++) found += Number(values[index] === values[index - 1])
  return found
}
