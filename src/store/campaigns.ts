import type { Campaign, Invited } from '../campaign.ts'
import type { Instant } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'

export type InvitedCounts = { readonly found: number; readonly mailed: number }

/** One campaign at a time, and whom it found. What names a person is sealed. */
export interface Campaigns {
  /** The newest, held against others to the end of a transaction. Null: there never was one. */
  current(): Promise<Campaign | null>
  /** Takes the place of the former one, and of all that it found. */
  begin(campaign: Campaign): Promise<void>
  save(campaign: Campaign): Promise<void>
  /** False where this account is there already: it is written to once, whoever walks, and however often. */
  add(campaign: string, invited: Invited): Promise<boolean>
  has(campaign: string, subject: string): Promise<boolean>
  /** Mailed at `before` or earlier and not looked at since, at most `limit`. */
  due(campaign: string, before: Instant, limit: number): Promise<Invited[]>
  /** True the first time only. */
  lookedAgain(campaign: string, subject: string, now: Instant): Promise<boolean>
  /** In the order of their subjects, at most `limit` after `after`. */
  list(campaign: string, after: string, limit: number): Promise<Invited[]>
  counts(campaign: string): Promise<InvitedCounts>
  /** An account that is no more. */
  forget(subject: string): Promise<void>
}

export function campaigns(db: Connection, keys: Keys): Campaigns {
  const row = ({ state, startedAt, id, ...rest }: Campaign) => ({
    id,
    state,
    started_at: startedAt,
    campaign: keys.seal(JSON.stringify(rest), `campaigns/${id}/campaign`),
  })
  // as: what was sealed here were these fields, and the seal vouches for it.
  const open = ({ id, state, started_at, campaign }: CampaignRow): Campaign => ({
    ...(JSON.parse(keys.open(campaign, `campaigns/${id}/campaign`)) as Omit<
      Campaign,
      'id' | 'state' | 'startedAt'
    >),
    ...{ id, state: state as Campaign['state'], startedAt: started_at }, // as: as it was written
  })
  const invited = ({ subject, mailed_at, person }: InvitedRow): Invited => ({
    ...(JSON.parse(keys.open(person, boundTo(subject))) as Pick<Invited, 'ref' | 'login'>), // as: as above
    ...{ subject, mailedAt: mailed_at },
  })
  return {
    async current() {
      const found = await db.row(db.writes ? lockNewest : newest, {})
      return found ? open(found) : null
    },
    async begin(campaign) {
      await db.changed(deletePeople, {})
      await db.changed(deleteCampaigns, {})
      await db.changed(insertCampaign, row(campaign))
    },
    async save(campaign) {
      await db.changed(saveCampaign, row(campaign))
    },
    async add(campaign, { subject, mailedAt, ref, login }) {
      const person = keys.seal(JSON.stringify({ ref, login }), boundTo(subject))
      return (await db.changed(insertPerson, { campaign, subject, mailed_at: mailedAt, person })) === 1
    },
    has: async (campaign, subject) => (await db.row(findPerson, { campaign, subject })) !== undefined,
    async due(campaign, before, limit) {
      return (await db.rows(duePeople, { campaign, before, limit })).map(invited)
    },
    lookedAgain: async (campaign, subject, now) =>
      (await db.changed(markAgain, { campaign, subject, now })) === 1,
    async list(campaign, after, limit) {
      return (await db.rows(listPeople, { campaign, after, limit })).map(invited)
    },
    async counts(campaign) {
      const found = await db.row(countPeople, { campaign })
      return { found: found?.found ?? 0, mailed: found?.mailed ?? 0 }
    },
    async forget(subject) {
      await db.changed(forgetPerson, { subject })
    },
  }
}

const boundTo = (subject: string): string => `campaign_people/${subject}/person`

type CampaignRow = { id: string; state: string; started_at: number; campaign: string }
type InvitedRow = { subject: string; mailed_at: number | null; person: string }

const newest = statement(db => db.selectFrom('campaigns').selectAll())
const lockNewest = statement((db, _p: Record<never, never>, engine) => {
  const query = db.selectFrom('campaigns').selectAll()
  return engine === 'postgres' ? query.forUpdate() : query
})
const deletePeople = statement(db => db.deleteFrom('campaign_people'))
const deleteCampaigns = statement(db => db.deleteFrom('campaigns'))
const insertCampaign = statement((db, p: CampaignRow) =>
  db
    .insertInto('campaigns')
    .values({ id: p.id, state: p.state, started_at: p.started_at, campaign: p.campaign }),
)
const saveCampaign = statement((db, p: CampaignRow) =>
  db.updateTable('campaigns').set({ state: p.state, campaign: p.campaign }).where('id', '=', p.id),
)
const insertPerson = statement(
  (db, p: { campaign: string; subject: string; mailed_at: number | null; person: string }) =>
    db
      .insertInto('campaign_people')
      .values({
        ...{ campaign: p.campaign, subject: p.subject, mailed_at: p.mailed_at },
        ...{ again_at: null, person: p.person },
      })
      .onConflict(row => row.columns(['campaign', 'subject']).doNothing()),
)
const findPerson = statement((db, p: { campaign: string; subject: string }) =>
  db
    .selectFrom('campaign_people')
    .select('subject')
    .where('campaign', '=', p.campaign)
    .where('subject', '=', p.subject),
)
const duePeople = statement((db, p: { campaign: string; before: number; limit: number }) =>
  db
    .selectFrom('campaign_people')
    .select(['subject', 'mailed_at', 'person'])
    .where('campaign', '=', p.campaign)
    .where('mailed_at', '<=', p.before)
    .where('again_at', 'is', null)
    .orderBy('mailed_at')
    .limit(p.limit),
)
const markAgain = statement((db, p: { campaign: string; subject: string; now: number }) =>
  db
    .updateTable('campaign_people')
    .set({ again_at: p.now })
    .where('campaign', '=', p.campaign)
    .where('subject', '=', p.subject)
    .where('again_at', 'is', null),
)
const listPeople = statement((db, p: { campaign: string; after: string; limit: number }) =>
  db
    .selectFrom('campaign_people')
    .select(['subject', 'mailed_at', 'person'])
    .where('campaign', '=', p.campaign)
    .where('subject', '>', p.after)
    .orderBy('subject')
    .limit(p.limit),
)
const countPeople = statement((db, p: { campaign: string }) =>
  db
    .selectFrom('campaign_people')
    .select(eb => [eb.fn.countAll<number>().as('found'), eb.fn.count<number>('mailed_at').as('mailed')])
    .where('campaign', '=', p.campaign),
)
const forgetPerson = statement((db, p: { subject: string }) =>
  db.deleteFrom('campaign_people').where('subject', '=', p.subject),
)
