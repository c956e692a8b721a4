import { networkMatcher, sourceBucket } from '../lib/network.ts'
import { LIMITS, type Limit } from '../limit.ts'
import { DEFAULT_SETTINGS, type Disclosure, type NamedNetwork, type Settings } from '../settings.ts'
import type { Tx } from '../store/store.ts'
import type { World } from './world.ts'

/** The settings in force. What the stored document lacks is the harmless default (style 26). */
export async function currentSettings(tx: Tx): Promise<Settings> {
  const stored = await tx.settings.current()
  // as: the document was checked whole when it was applied; only a newer default can be missing.
  return stored ? withDefaults(stored.document as Partial<Settings>) : DEFAULT_SETTINGS
}

/** A setting that joined a group of others is as absent from an older document as one that stands alone. */
const withDefaults = (document: Partial<Settings>): Settings => ({
  ...DEFAULT_SETTINGS,
  ...document,
  registration: { ...DEFAULT_SETTINGS.registration, ...document.registration },
  questions: { ...DEFAULT_SETTINGS.questions, ...document.questions },
})

export type Network = {
  /** A pseudonym of the address, or of its /64: what limits of sources are counted by. */
  readonly bucket: string
  /** The organisation knows it by name. */
  readonly isNamed: boolean
  readonly sharedComputers: boolean
  readonly disclosure: Disclosure
  readonly startsPerSource: Limit
  readonly failuresPerSource: Limit
}

const wider = (limit: Limit, times: number): Limit => ({ ...limit, max: limit.max * times })

/** What holds for a source: the first named network that it lies in, or the organisation's defaults (decisions 2.2). */
export function networkOf(world: World, settings: Settings, source: string): Network {
  const named: NamedNetwork | undefined = settings.networks.find(network =>
    networkMatcher(network.cidrs)(source),
  )
  const times = named?.sourceBudget ?? settings.sourceBudget
  return {
    bucket: world.keys.pseudonym('source', sourceBucket(source)),
    isNamed: named !== undefined,
    sharedComputers: named?.sharedComputers ?? false,
    disclosure: named?.disclosure ?? settings.disclosure,
    startsPerSource: wider(LIMITS.startsPerSource, times),
    failuresPerSource: wider(LIMITS.failuresPerSource, times),
  }
}

/** Above ten starts in ten minutes a source pays four times as much for its bot check (decisions 2.8). */
export async function isDear(world: World, tx: Tx, source: string): Promise<boolean> {
  const { bucket, startsPerSource } = networkOf(world, await currentSettings(tx), source)
  const counter = await tx.limits.get(limitNames.startsOfSource(bucket))
  const cheap = LIMITS.cheapStartsPerSource.max * (startsPerSource.max / LIMITS.startsPerSource.max)
  return counter !== null && world.clock.now() - counter.at < startsPerSource.perMs && counter.value >= cheap
}

/** Names of limits, in one place so that no two mean the same row. `failures:` rows are never pruned for idleness. */
export const limitNames = {
  startsOfSource: (bucket: string): string => `starts of source:${bucket}`,
  scriptlessStarts: (bucket: string): string => `scriptless starts:${bucket}`,
  failuresOfSource: (bucket: string): string => `failing source:${bucket}`,
  startsInHour: (login: string, who: string): string => `starts in hour:${login}:${who}`,
  startsInDay: (login: string, who: string): string => `starts in day:${login}:${who}`,
  failures: (enrollment: string, who: string): string => `failures:${enrollment}:${who}`,
  sends: (destination: string, who: string): string => `sends:${destination}:${who}`,
  sendsInDay: (destination: string, who: string): string => `sends in day:${destination}:${who}`,
  lastSend: (destination: string, who: string): string => `last send:${destination}:${who}`,
  lastReset: (subject: string): string => `last reset:${subject}`,
  finished: (subject: string): string => `finished:${subject}`,
  explained: (subject: string): string => `explained:${subject}`,
  registering: (subject: string): string => `registering:${subject}`,
  wrongOld: (subject: string, who: string): string => `wrong old:${subject}:${who}`,
  passTries: (subject: string, who: string): string => `pass tries:${subject}:${who}`,
  passesOfSource: (bucket: string): string => `passes of source:${bucket}`,
  changesOfSource: (bucket: string): string => `changes of source:${bucket}`,
} as const
