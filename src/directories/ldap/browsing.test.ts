import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Slapd, startSlapd } from '../../../rig/slapd.ts'
import type { Directory } from '../../directory.ts'
import { systemClock } from '../../lib/clock.ts'
import { createLdapDirectory } from '../ldap.ts'

const soon = (): AbortSignal => AbortSignal.timeout(15_000)
const MANY = 1_050
const uids = Array.from({ length: MANY }, (_, at) => `u${String(at).padStart(4, '0')}`)

let slapd: Slapd
let directory: Directory
beforeAll(async () => {
  slapd = await startSlapd({ users: uids.map(uid => ({ uid })) })
  directory = createLdapDirectory(
    {
      ...{ name: 'lab', kind: 'openldap', hosts: [slapd.url], ca: slapd.ca, base: slapd.base },
      ...{
        bindDn: slapd.bindDn,
        bindPassword: slapd.bindPassword,
        domains: [],
        ownDomains: [],
        protectedGroups: [],
      },
    },
    systemClock,
  )
})
afterAll(async () => {
  await directory.close()
  await slapd.stop()
})

async function walk(
  text: string,
  from: string | null = null,
): Promise<{ logins: string[]; sizes: number[] }> {
  const logins: string[] = []
  const sizes: number[] = []
  let page: string | null = from
  do {
    const { items, next } = await directory.search(text, page, soon())
    logins.push(...items.map(({ login }) => login))
    sizes.push(items.length)
    page = next
  } while (page !== null)
  return { logins, sizes }
}

test('everybody is listed once, a hundred at a time, by several at once', async () => {
  const lists = await Promise.all(Array.from({ length: 6 }, () => walk('u')))
  for (const { logins, sizes } of lists) {
    expect(logins.toSorted()).toEqual(uids)
    expect(sizes).toEqual([...Array(10).fill(100), 50])
  }
})

test('a page whose list is no longer at hand is found from the beginning, and the list goes on', async () => {
  const { items } = await directory.search('u', '3-0', soon())
  const { items: first } = await directory.search('u', null, soon())
  expect(items.length).toBe(100)
  expect(items.map(({ login }) => login)).not.toContain(first[0]?.login)
  const { logins } = await walk('u', '3-0')
  expect(logins.length).toBe(MANY - 300)
  expect((await directory.search('u', '99-0', soon())).items).toEqual([])
})

test('a token whose number was altered gives that page, and not where the list was left', async () => {
  const first = await directory.search('u', null, soon())
  const second = await directory.search('u', first.next, soon())
  const fifth = await directory.search('u', (second.next ?? '').replace(/^2-/, '5-'), soon())
  expect(fifth.items).toEqual((await directory.search('u', '5-0', soon())).items)
})

test('a restart of the server in the middle of a list loses nothing', async () => {
  const first = await directory.search('u', null, soon())
  const second = await directory.search('u', first.next, soon())
  await slapd.restart()
  const rest = await walk('u', second.next)
  const logins = [...first.items, ...second.items].map(({ login }) => login)
  expect([...logins, ...rest.logins].toSorted()).toEqual(uids)
})

test('what is no token of ours is refused', async () => {
  for (const token of ['', '1', '-1-0', 'x', '1-0-0', '9999999-0'])
    await expect(async () => await directory.search('u', token, soon())).rejects.toMatchObject({
      sent: false,
    })
})

test('exactly one full page has nothing behind it', async () => {
  expect(await walk('u00')).toMatchObject({ sizes: [100] })
})
