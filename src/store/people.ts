import type { Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import type { People, Person } from './store.ts'

/** Two matches must be told from one; more than three need not be read. */
const MATCHES_MAX = 3

export function people(db: Connection, keys: Keys): People {
  const open = (row: Row): Person => ({
    // as: what was sealed here was a Person, and the seal vouches for it.
    ...(JSON.parse(keys.open(row.person, boundTo(row.id))) as Person),
    version: row.version,
  })
  const seal = (person: Person): string => keys.seal(JSON.stringify(person), boundTo(person.id))
  const addKeys = async (person: string, values: readonly string[]): Promise<void> => {
    for (const value of new Set(values)) await db.changed(insertKey, { key: keyOf(keys, value), person })
  }
  return {
    async byKeys(values) {
      const found = new Map<string, Person>()
      for (const value of new Set(values)) {
        for (const row of await db.rows(byKey, { key: keyOf(keys, value), limit: MATCHES_MAX }))
          found.set(row.id, open(row))
      }
      return [...found.values()].slice(0, MATCHES_MAX)
    },
    async byId(id) {
      const row = await db.row(find, { id })
      return row ? open(row) : null
    },
    async insert(person, values) {
      await db.changed(insertPerson, { id: person.id, version: person.version, person: seal(person) })
      await addKeys(person.id, values)
    },
    async update(person, version, values) {
      const { id } = person
      if ((await db.changed(updatePerson, { id, version, person: seal(person) })) !== 1) return false
      await db.changed(deleteKeys, { person: id })
      await addKeys(id, values)
      return true
    },
    remove: async id => (await db.changed(deletePerson, { id })) === 1,
    list: async (after, limit) => (await db.rows(page, { after: after ?? '', limit })).map(open),
  }
}

const boundTo = (id: string): string => `people/${id}/person`

/** A login or an address names a person, so it stands here as a pseudonym. */
const keyOf = (keys: Keys, value: string): string => keys.pseudonym('person', value)

type Row = { id: string; version: number; person: string }

const byKey = statement((db, p: { key: string; limit: number }) =>
  db
    .selectFrom('people_keys')
    .innerJoin('people', 'people.id', 'people_keys.person')
    .select(['people.id', 'people.version', 'people.person'])
    .where('people_keys.key', '=', p.key)
    .orderBy('people.id')
    .limit(p.limit),
)
const find = statement((db, p: { id: string }) =>
  db.selectFrom('people').select(['id', 'version', 'person']).where('id', '=', p.id),
)
const insertPerson = statement((db, p: Row) =>
  db.insertInto('people').values({ id: p.id, version: p.version, person: p.person }),
)
const updatePerson = statement((db, p: Row) =>
  db
    .updateTable('people')
    .set(eb => ({ person: p.person, version: eb('version', '+', eb.lit(1)) }))
    .where('id', '=', p.id)
    .where('version', '=', p.version),
)
/** Its keys go with it (on delete cascade). */
const deletePerson = statement((db, p: { id: string }) => db.deleteFrom('people').where('id', '=', p.id))
const insertKey = statement((db, p: { key: string; person: string }) =>
  db.insertInto('people_keys').values({ key: p.key, person: p.person }),
)
const deleteKeys = statement((db, p: { person: string }) =>
  db.deleteFrom('people_keys').where('person', '=', p.person),
)
const page = statement((db, p: { after: string; limit: number }) =>
  db
    .selectFrom('people')
    .select(['id', 'version', 'person'])
    .where('id', '>', p.after)
    .orderBy('id')
    .limit(p.limit),
)
