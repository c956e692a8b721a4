import {
  type CampaignMove,
  campaignStatus,
  leftOf,
  moveCampaign,
  startCampaign,
} from '../../actions/campaign.ts'
import { currentSettings } from '../../actions/current-settings.ts'
import type { World } from '../../actions/world.ts'
import { REMIND_DAYS } from '../../campaign.ts'
import { toRfc3339 } from '../../lib/clock.ts'
import { type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import type { Terminal } from '../terminal.ts'
import { withWorld } from '../with-world.ts'

const FLAGS = { 'remind-after': { type: 'string' } } as const
const MOVES: Readonly<Record<CampaignMove, string>> = {
  pause: 'The campaign is paused: nothing goes until "postern campaign resume".\n',
  resume: 'The campaign goes on.\n',
  stop: 'The campaign is stopped for good.\n',
}

/** `postern campaign`: asks people who lack methods to set them up. `serve` walks the directories and sends. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, FLAGS, { min: 1, max: 1 })
  const [verb = ''] = parsed.positionals
  const remindAfter = daysIn(parsed.value('remind-after'))
  if (remindAfter !== null && verb !== 'start') throw new Misuse('--remind-after belongs to "campaign start"')
  const deed = deedOf(verb, remindAfter)
  if (!deed) throw new Misuse('"postern campaign" was used wrongly')
  return withWorld(invocation, parsed, async world => {
    await deed(world, invocation.terminal)
    return 0
  })
}

type Deed = (world: World, terminal: Terminal) => Promise<void>

function deedOf(verb: string, remindAfter: number | null): Deed | null {
  if (verb === 'start') return (world, terminal) => start(world, remindAfter, terminal)
  if (verb === 'status') return status
  if (verb === 'left') return left
  if (!Object.hasOwn(MOVES, verb)) return null
  const move = verb as CampaignMove // as: one of its keys
  return async (world, terminal) => {
    await moveCampaign(world, move)
    terminal.out(MOVES[move])
  }
}

function daysIn(text: string | undefined): number | null {
  if (text === undefined) return null
  const { min, max } = REMIND_DAYS
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (days < min || days > max) throw new Misuse(`--remind-after is a number of days from ${min} to ${max}`)
  return days
}

async function start(world: World, remindAfter: number | null, { out }: Terminal): Promise<void> {
  await startCampaign(world, remindAfter)
  const { registration } = await world.store.read(currentSettings)
  const { campaignMailsPerMinute, first } = registration
  out(
    `The campaign has begun: a running serve writes to at most ${campaignMailsPerMinute} people a minute.\n`,
  )
  if (first === 'pass' || first === 'network')
    out(
      `registration.first is ${first}: people without any method can only begin with a pass, or inside a named network.\n`,
    )
}

async function status(world: World, { out }: Terminal): Promise<void> {
  const found = await campaignStatus(world)
  if (!found) return out('There never was a campaign.\n')
  const { campaign, counts } = found
  const { state, startedAt, cursor, seen, reminders, remindAfterDays } = campaign
  const where = cursor ? `in the directory ${cursor.directory}` : 'everybody'
  out(
    [
      `${state}, begun ${toRfc3339(startedAt)}`,
      `looked at: ${seen} people, ${where}`,
      `lacked methods: ${counts.found}`,
      `mailed: ${counts.mailed}`,
      `without an address: ${counts.found - counts.mailed}`,
      `reminded: ${reminders}${remindAfterDays === null ? '' : `, after ${remindAfterDays} days`}`,
      '',
    ].join('\n'),
  )
}

/** Who lacked methods and still does, as CSV (RFC 4180); the number goes to standard error. */
async function left(world: World, { out, err }: Terminal): Promise<void> {
  let count = 0
  out('login,directory,mailed_at\r\n')
  for await (const { login, ref, mailedAt } of leftOf(world)) {
    count += 1
    out(`${[login, ref.directory, mailedAt === null ? '' : toRfc3339(mailedAt)].map(cell).join(',')}\r\n`)
  }
  err(`${count} ${count === 1 ? 'person' : 'people'} left\n`)
}

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
