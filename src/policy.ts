import { type Account, foldGroupName } from './account.ts'
import type { Enrollment } from './enrollment.ts'
import type { Instant } from './lib/clock.ts'
import { type MethodName, TRAITS } from './method.ts'
import type { ExplainedReason } from './notifier.ts'
import type { Settings } from './settings.ts'

/** An enrollment that may prove something now, with the channel that its method names for it. */
export type Usable = {
  readonly enrollment: Enrollment
  readonly channel: string
  /** It was right to the end, and nothing is left of it: what it proved stands, it proves nothing more. */
  readonly usedUp?: boolean
  /** Too fresh to be the deciding gate (decisions 3.12). */
  readonly decides?: false
}

/** What two gates are told apart by. */
export type GateProof = {
  readonly method: MethodName
  readonly channel: string
  readonly source: Enrollment['source']
  readonly decides?: false
}

/** A self-service hold after "this was not me": what came over these proves nothing until it ends (decisions 2.4). */
export type Hold = {
  readonly until: Instant
  readonly channels: readonly string[]
  readonly methods: readonly MethodName[]
}

export type Standing = {
  readonly account: Account
  readonly usable: readonly Usable[]
  readonly hold: Hold | null
}

export type NotEligible = { readonly why: ExplainedReason; readonly supportCode: string | null }
export type Eligible = { readonly gates: 1 | 2; readonly usable: readonly Usable[] }

/**
 * The ordered eligibility checks (spec/entra-sspr.md 1.2; the codes are the published ones). Whether the directory can
 * be asked and written is known before this, for everybody alike.
 */
export function eligibility(settings: Settings, standing: Standing, now: Instant): Eligible | NotEligible {
  const { account, hold } = standing
  if (!inScope(settings, account)) return { why: 'out_of_scope', supportCode: 'SSPR_0013' }
  if (account.status !== 'active') return { why: account.status, supportCode: null }
  if (isProtected(settings, account)) return { why: 'protected', supportCode: null }
  if (account.lockedForGood) return { why: 'locked_for_good', supportCode: null }
  const gates = gatesFor(settings, account, hold)
  const usable = countable(settings, standing, now)
  if (!completions(usable, gates).length) {
    return { why: hold ? 'held' : 'too_few_methods', supportCode: hold ? null : 'SSPR_0014' }
  }
  return { gates, usable }
}

export const isEligible = (answer: Eligible | NotEligible): answer is Eligible => 'gates' in answer

/** Scope none means nobody, administrators included (decisions 3.2). Group names and ids match without case. */
export function inScope(settings: Settings, account: Account): boolean {
  if (settings.scope.kind === 'none') return false
  return settings.scope.kind === 'all' || isMember(account, settings.scope.groups)
}

export const isMember = (account: Account, groups: readonly string[]): boolean => {
  const own = new Set(account.groups.map(foldGroupName))
  return groups.some(group => own.has(foldGroupName(group)))
}

/** May Postern write this account at all, whatever is registered? Asked again just before the write (FLW-08). */
export const isWritable = (settings: Settings, account: Account): boolean =>
  inScope(settings, account) &&
  account.status === 'active' &&
  !isProtected(settings, account) &&
  !account.lockedForGood

/** Members of the configured groups and accounts that the directory itself marks as privileged (decisions 3.2). */
export const isAdministrator = (settings: Settings, account: Account): boolean =>
  account.privileged || isMember(account, settings.administrators.groups)

export const isProtected = (settings: Settings, account: Account): boolean =>
  account.protectedBecause !== null || isMember(account, settings.protectedGroups)

/** Administrators always pass two gates, and so does the owner who lifts a hold (decisions 2.4, 3.2). */
export const gatesFor = (settings: Settings, account: Account, hold: Hold | null): 1 | 2 =>
  hold || isAdministrator(settings, account) ? 2 : settings.gates

/** Does a proof of this kind count for this account now? Asked again just before the write (FLW-05). */
export const counts = (
  settings: Settings,
  { account, hold }: Pick<Standing, 'account' | 'hold'>,
  { method, channel, source }: GateProof,
): boolean =>
  settings.methods.includes(method) &&
  !((source === 'directory' || TRAITS[method].onlyBeside) && isAdministrator(settings, account)) &&
  !(hold && (hold.channels.includes(channel) || hold.methods.includes(method)))

/** What only stands beside another gate is nothing for administrators, nor where one gate is all (KBQ-01). */
export const isEverAsked = (settings: Settings, account: Account, method: MethodName): boolean =>
  !TRAITS[method].onlyBeside || (settings.gates === 2 && !isAdministrator(settings, account))

/** What may prove something for this account now: enabled, usable, not used up, and not disputed; the newest first. */
export function countable(settings: Settings, standing: Standing, now: Instant): Usable[] {
  const rank = ({ enrollment: { method } }: Usable): number => settings.methods.indexOf(method)
  const age = ({ enrollment: { confirmedAt, usableAt } }: Usable): number => now - (confirmedAt ?? usableAt)
  return standing.usable
    .filter(({ enrollment }) => !isWaiting(enrollment))
    .filter(one => !one.usedUp && one.enrollment.usableAt <= now && counts(settings, standing, proofBy(one)))
    .map(one => ((one.enrollment.decidesAt ?? now) > now ? { ...one, decides: false as const } : one))
    .sort((a, b) => rank(a) - rank(b) || age(a) - age(b))
}

/**
 * Assigned by an administrator, and its owner has not shown yet that they have it: it proves nothing (ENR-03, OTP-06). An
 * address of the directory is never confirmed, and counts as decisions 3.3 says.
 */
export const isWaiting = ({ source, confirmedAt }: Enrollment): boolean =>
  source !== 'directory' && confirmedAt === null

/** How many more of a method an account may have: apps and tokens share their five (spec/entra-sspr.md 7). */
export function roomFor(method: MethodName, enrollments: readonly Enrollment[]): number {
  const { max, sharedWith = [] } = TRAITS[method]
  const alike = enrollments.filter(
    one => one.source !== 'directory' && (one.method === method || sharedWith.includes(one.method)),
  )
  return Math.max(0, max - alike.length)
}

/** What a gate accepts after `passed`: those that the remaining gates can still be completed from. */
export function completions(
  usable: readonly Usable[],
  gates: number,
  passed: readonly GateProof[] = [],
): Usable[] {
  if (passed.length >= gates) return []
  const next = usable
    .filter(candidate => passed.length > 0 || !TRAITS[candidate.enrollment.method].onlyBeside)
    .filter(candidate => passed.every(earlier => makesTwoGates(earlier, proofBy(candidate))))
  const isDecided = passed.some(({ decides }) => decides !== false)
  const isLast = passed.length + 1 === gates
  return isLast
    ? next.filter(({ decides }) => isDecided || decides !== false)
    : next.filter(one => completions(usable, gates, [...passed, proofBy(one)]).length > 0)
}

const proofBy = ({ enrollment: { method, source }, channel, decides }: Usable): GateProof => ({
  method,
  channel,
  source,
  ...(decides === false ? { decides } : {}),
})

/**
 * Two gates are two methods on two channels (NIST 800-63B 4.2.2.2), and unverified directory data is never both
 * (decisions 3.3).
 */
const makesTwoGates = (a: GateProof, b: GateProof): boolean =>
  a.method !== b.method && a.channel !== b.channel && !(a.source === 'directory' && b.source === 'directory')
