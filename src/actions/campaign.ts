import { type Campaign, type Invited, isOpen } from '../campaign.ts'
import { AppError } from '../errors.ts'
import { newId } from '../lib/random.ts'
import type { InvitedCounts } from '../store/campaigns.ts'
import type { Tx } from '../store/store.ts'
import { lackingOf } from './campaign-walk.ts'
import { currentSettings } from './current-settings.ts'
import { readAccount } from './find-account.ts'
import type { World } from './world.ts'

/** Throws `wrong-step` where one is under way, or where nobody is in the scope. */
export const startCampaign = (world: World, remindAfterDays: number | null): Promise<void> =>
  world.store.transact(async tx => {
    const former = await tx.campaigns.current()
    if (former && isOpen(former)) throw new AppError('wrong-step', 'A campaign is under way: stop it first.')
    if ((await currentSettings(tx)).scope.kind === 'none')
      throw new AppError('wrong-step', 'The scope of the policy is none: there is nobody to write to.')
    const [first] = world.directories
    await tx.campaigns.begin({
      id: newId(world.random),
      state: 'running',
      startedAt: world.clock.now(),
      remindAfterDays,
      cursor: first ? { directory: first.name, page: null } : null,
      seen: 0,
      reminders: 0,
    })
    await record(tx, 'campaign.started')
  })

const MOVES = {
  pause: { from: ['running'], to: 'paused', event: 'campaign.paused' },
  resume: { from: ['paused'], to: 'running', event: 'campaign.resumed' },
  stop: { from: ['running', 'paused'], to: 'stopped', event: 'campaign.ended' },
} as const
export type CampaignMove = keyof typeof MOVES

/** Holds from the next mail on. Throws `wrong-step` where there is nothing to pause, resume or stop. */
export const moveCampaign = (world: World, move: CampaignMove): Promise<void> =>
  world.store.transact(async tx => {
    const campaign = await tx.campaigns.current()
    const { from, to, event } = MOVES[move]
    if (!campaign || !from.some(state => state === campaign.state))
      throw new AppError('wrong-step', `There is no campaign to ${move}.`)
    await tx.campaigns.save({ ...campaign, state: to })
    await record(tx, event)
  })

const record = (tx: Tx, name: 'campaign.started' | (typeof MOVES)[CampaignMove]['event']): Promise<void> =>
  tx.audit({ name, actor: 'operator', result: 'ok' })

/** How far it is; null: there never was one. */
export const campaignStatus = ({
  store,
}: World): Promise<{ readonly campaign: Campaign; readonly counts: InvitedCounts } | null> =>
  store.read(async tx => {
    const campaign = await tx.campaigns.current()
    return campaign && { campaign, counts: await tx.campaigns.counts(campaign.id) }
  })

const LIST_ROWS = 100

/** Of those who lacked methods the ones that still do, asked of the directory one by one. Throws `not-now`. */
export async function* leftOf(world: World): AsyncGenerator<Invited> {
  const campaign = await world.store.read(tx => tx.campaigns.current())
  for (let after = ''; campaign; ) {
    const from = after
    const rows = await world.store.read(tx => tx.campaigns.list(campaign.id, from, LIST_ROWS))
    for (const invited of rows) {
      const account = await readAccount(world, invited.ref)
      if (!account) continue
      const lacks = await world.store.transact(tx => lackingOf(world, tx, account))
      if (lacks) yield { ...invited, login: account.login }
    }
    const last = rows.at(-1)
    if (!last) return
    after = last.subject
  }
}
