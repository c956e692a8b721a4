import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PAGE_ITEMS_MAX } from '../directory.ts'
import { faultConformance } from './conformance-faults.ts'
import { passwordConformance } from './conformance-passwords.ts'
import { type Knows, PASSWORD, type Rig, type Suite, soon } from './conformance-suite.ts'

export type { Faults, Knows, NewPerson, Rig, State } from './conformance-suite.ts'

/** PORT: what every Directory must do. Real servers, real time. */
export function directoryConformance(name: string, knows: Knows, setup: () => Promise<Rig>): void {
  describe(`${name} as a directory`, () => {
    let rig: Rig | null = null
    let people = 0
    beforeAll(async () => {
      rig = await setup()
    }, 90_000)
    afterAll(async () => {
      await rig?.directory.close()
      await rig?.stop()
    })
    const ready = (): Rig => {
      if (!rig) throw new Error('no rig')
      return rig
    }
    const person: Suite['person'] = async state => {
      const login = `person${++people}`
      const logins = await ready().add({ login, password: PASSWORD, mail: `${login}@example.test` })
      if (state) await ready().become(login, state)
      const account = await ready().directory.find(login, soon())
      if (!account) throw new Error(`${login} was not found`)
      return { account, login, logins }
    }
    const suite: Suite = { knows, rig: ready, directory: () => ready().directory, person }
    findConformance(suite)
    listConformance(suite)
    passwordConformance(suite)
    if (knows.faults) faultConformance(suite)
  })
}

/** Whatever would be syntax somewhere: filters, names, SQL, wildcards, and what no login may hold. */
const HOSTILE = [
  '*',
  'person*',
  'person1)(uid=*',
  ')(|(objectClass=*',
  'person1\\2a',
  'person1\\',
  'CN=person1,OU=people',
  "person1' or '1'='1",
  'person_',
  'person1\0',
  '\0',
  ' ',
  '',
  'x'.repeat(257),
  'x'.repeat(100_000),
  'person1\u202e',
  '\ud800',
  'あ',
]

function findConformance({ directory, person, knows, rig }: Suite): void {
  test('an account is found by every spelling of its login, with blanks around, in any case', async () => {
    const { account, logins } = await person()
    for (const login of logins)
      for (const typed of [login, ` ${login} `, login.toUpperCase()])
        expect((await directory().find(typed, soon()))?.ref).toEqual(account.ref)
  })

  test('nobody is found by what is no login, or by syntax', async () => {
    await person()
    for (const login of ['nobody-at-all', 'nobody@example.test', ...HOSTILE])
      expect(await directory().find(login, soon()), JSON.stringify(login.slice(0, 40))).toBeNull()
  })

  test('a login that two people have finds neither', async () => {
    const mail = `shared${performance.now()}@example.test`
    const [first, second] = [`twin-a${performance.now()}`, `twin-b${performance.now()}`].map(login =>
      login.replace('.', ''),
    )
    for (const login of [first, second]) await rig().add({ login: login ?? '', password: PASSWORD, mail })
    expect(await directory().find(mail, soon())).toBeNull()
    expect(await directory().find(first ?? '', soon())).not.toBeNull()
  })

  test('what is found can be read by its id, and says the same', async () => {
    const { account } = await person()
    expect(await directory().read(account.ref, soon())).toEqual(account)
    expect(account).toMatchObject({
      status: 'active',
      locked: false,
      mustChange: false,
      protectedBecause: null,
    })
    expect(account.ref.directory).toBe(directory().name)
  })

  test('nobody is read by an id of another directory, or by none at all', async () => {
    const { account } = await person()
    expect(await directory().read({ ...account.ref, directory: 'elsewhere' }, soon())).toBeNull()
    for (const id of ['', '*', '00000000-0000-0000-0000-000000000000', `${account.ref.id}x`])
      expect(await directory().read({ ...account.ref, id }, soon())).toBeNull()
  })

  test('an account is found by an immutable attribute, and by nothing that only looks like its value', async () => {
    const { account, login, logins } = await person()
    for (const { attribute, text, anyCase = false } of await rig().immutable(login)) {
      const found = (other: string) => directory().findBy(attribute, other, soon())
      expect((await found(text))?.ref, attribute).toEqual(account.ref)
      const other = text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
      expect((await found(other)) !== null, `${attribute} ${other}`).toBe(anyCase)
      const alike = [`${text} `, ` ${text}`, `${text}*`, text.slice(0, -1), `${text}${text}`]
      for (const wrong of [...alike, ...logins, ...HOSTILE])
        expect(await found(wrong), `${attribute} ${wrong.slice(0, 40)}`).toBeNull()
      for (const wrong of ['', '*', 'objectClass', `${attribute};x`, `${attribute})(objectClass`])
        expect(await directory().findBy(wrong, text, soon()), wrong).toBeNull()
    }
  })

  if (knows.sharedAttribute)
    test('a value that two people have in an attribute finds neither', async () => {
      const [first, second] = [await person(), await person()]
      await rig().share?.([first.login, second.login], 'E-4711')
      expect(await directory().findBy(knows.sharedAttribute ?? '', 'E-4711', soon())).toBeNull()
      await rig().share?.([second.login], 'E-4712')
      const found = await directory().findBy(knows.sharedAttribute ?? '', 'E-4711', soon())
      expect(found?.ref).toEqual(first.account.ref)
    })

  if (knows.moves)
    test('an account that was renamed and moved meanwhile is written all the same', async () => {
      const { account, login } = await person()
      await rig().move?.(login)
      expect((await directory().read(account.ref, soon()))?.ref).toEqual(account.ref)
      const write = { password: 'After-The-Move 7', unlock: true, key: 'moved' }
      expect(await directory().setPassword(account.ref, write, soon())).toEqual({ ok: true })
      expect(await directory().authenticate(account.ref, 'After-The-Move 7', soon())).toBe('yes')
    })
}

function listConformance({ directory, person, knows, rig }: Suite): void {
  test('people are listed by how their names begin, at most 100 a page', async () => {
    const { account, login } = await person()
    const page = await directory().search(login, null, soon())
    expect(page.items.map(({ ref }) => ref)).toContainEqual(account.ref)
    expect(page.items.length).toBeLessThanOrEqual(PAGE_ITEMS_MAX)
    expect((await directory().search('*)(objectClass=*', null, soon())).items).toEqual([])
  })

  test('pages come one after the other, nobody twice and nobody left out', async () => {
    const names = Array.from({ length: 120 }, (_, at) => `many${String(at).padStart(3, '0')}`)
    for (const login of names) await rig().add({ login, password: PASSWORD, mail: `${login}@example.test` })
    const first = await directory().search('many', null, soon())
    const second = await directory().search('many', first.next, soon())
    const ids = [...first.items, ...second.items].map(({ ref }) => ref.id)
    expect(first.items.length).toBe(PAGE_ITEMS_MAX)
    expect(new Set(ids).size).toBe(names.length)
    expect(second.next).toBeNull()
  })

  if (knows.groups)
    test('groups are told with those around them, and list their members', async () => {
      const { account, login } = await person()
      const id = await rig().group?.(`team-${login}`, `all-${login}`, [login])
      const { groups = [] } = (await directory().read(account.ref, soon())) ?? {}
      expect(groups).toEqual(expect.arrayContaining([`team-${login}`, `all-${login}`]))
      const listed = await directory().groups(`team-${login}`, null, soon())
      expect(listed.items).toEqual([{ id, name: `team-${login}` }])
      const members = await directory().members(id ?? '', null, soon())
      expect(members.items.map(({ ref }) => ref)).toEqual([account.ref])
    })
}
