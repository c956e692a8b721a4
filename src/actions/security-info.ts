import type { EventName } from '../audit.ts'
import type { Enrollment } from '../enrollment.ts'
import type { Instant } from '../lib/clock.ts'
import { METHOD_NAMES, type MethodName, TRAITS } from '../method.ts'
import {
  completions,
  countable,
  gatesFor,
  isEverAsked,
  isWaiting,
  roomFor,
  type Standing,
  type Usable,
} from '../policy.ts'
import { hasTwin, strongestFirst, unconfirmed } from '../registration.ts'
import { isFresh, type Session } from '../session.ts'
import type { Settings } from '../settings.ts'
import type { AuditRecord } from '../store/store.ts'
import type { Ticket } from './load.ts'
import { type Opened, withEntered } from './open-session.ts'
import { stepOptions } from './second-step.ts'
import type { World } from './world.ts'

/** A registered method as its owner sees it. No secret, and of an address no more than its hint (PRV-04). */
export type Held = {
  readonly id: string
  readonly method: MethodName
  readonly label: string | null
  readonly hint: string | null
  /** Of a token that the organisation assigned. */
  readonly serial: string | null
  /** Assigned, and not yet activated. */
  readonly isWaiting: boolean
  readonly source: Enrollment['source']
  readonly confirmedAt: Instant | null
  /** Null: it counts now. */
  readonly countsFrom: Instant | null
  /** Null: it may be the deciding gate now; before that it counts only beside another. */
  readonly decidesFrom: Instant | null
  readonly lastUsedAt: Instant | null
  readonly isUsedUp: boolean
}

export type SecurityInfo = {
  readonly session: Session
  readonly held: readonly Held[]
  /** What may be added, strongest first. */
  readonly addable: readonly MethodName[]
  readonly gates: 1 | 2
  /** Could a password be reset with what counts now? */
  readonly isEnough: boolean
  /** A change may be made without further proof. */
  readonly isFresh: boolean
  readonly heldUntil: Instant | null
  /** Addresses of the directory that a code may be sent to, by id (decisions 3.3). */
  readonly unconfirmed: readonly string[]
}

/** What the person has registered, and what they may do. Throws `not-found`, `not-now`. */
export const securityInfo = (world: World, ticket: Ticket): Promise<SecurityInfo> =>
  withEntered(world, ticket, async (_tx, opened) => infoOf(world, opened))

export function infoOf(world: World, { session, account, settings, standing }: Opened): SecurityInfo {
  const now = world.clock.now()
  const gates = gatesFor(settings, account, null)
  return {
    session,
    held: standing.usable
      .filter(one => !isTold(standing, one))
      .map(({ enrollment, usedUp }) => heldOf(world, enrollment, usedUp ?? false, now)),
    addable: strongestFirst(METHOD_NAMES.filter(name => isAddable(world, settings, standing, name))),
    gates,
    isEnough: completions(countable(settings, standing, now), gates).length > 0,
    isFresh: isFresh(session, hasStep(world, settings, standing, session, now), now),
    heldUntil: standing.hold?.until ?? null,
    unconfirmed: unconfirmed(settings, standing).map(({ id }) => id),
  }
}

/** An address of the directory that its owner has confirmed stands in the list once, as theirs. */
const isTold = ({ usable }: Standing, { enrollment, channel }: Usable): boolean =>
  enrollment.source === 'directory' && hasTwin(usable, channel)

const heldOf = (world: World, enrollment: Enrollment, isUsedUp: boolean, now: Instant): Held => ({
  id: enrollment.id,
  method: enrollment.method,
  label: enrollment.label ?? null,
  hint: world.methods[enrollment.method].hint(enrollment.secret),
  serial: enrollment.device?.serial ?? null,
  isWaiting: isWaiting(enrollment),
  source: enrollment.source,
  confirmedAt: enrollment.confirmedAt,
  countsFrom: enrollment.usableAt > now ? enrollment.usableAt : null,
  decidesFrom: (enrollment.decidesAt ?? now) > now ? (enrollment.decidesAt ?? null) : null,
  lastUsedAt: enrollment.lastUsedAt,
  isUsedUp,
})

/** Enabled, with something for the person to do, and not yet as often as one may have it; what one has once is replaced. */
export function isAddable(world: World, settings: Settings, standing: Standing, method: MethodName): boolean {
  if (!settings.methods.includes(method) || world.methods[method].enroll === null) return false
  if (!isEverAsked(settings, standing.account, method)) return false
  const { max } = TRAITS[method]
  const held = standing.usable.map(({ enrollment }) => enrollment)
  return max === 1 || roomFor(method, held) > 0
}

export const ownOf = ({ usable }: Standing, method: MethodName): Enrollment[] =>
  usable
    .map(({ enrollment }) => enrollment)
    .filter(one => one.method === method && one.source !== 'directory')

/** Is there anything registered that could be asked for beside the password? */
export const hasStep = (
  world: World,
  settings: Settings,
  standing: Standing,
  session: Session,
  now: Instant,
): boolean => stepOptions(world, settings, standing, session.subject, now).length > 0

/** What a person recognises; the rest of the audit is for administrators. */
const ACTIVITIES = [
  'sign_in.passed',
  'sign_in.failed',
  'sign_in.stepped',
  'sign_in.step_failed',
  'pass.issued',
  'pass.used',
  'pass.refused',
  'pass.revoked',
  'reset.started',
  'reset.answer_failed',
  'reset.written',
  'reset.settled',
  'password.changed',
  'password.change_failed',
  'enrollment.added',
  'enrollment.confirmed',
  'enrollment.imported',
  'enrollment.removed',
  'enrollment.contact_changed',
  'registration.reviewed',
  'account.held',
  'account.hold_lifted',
] as const satisfies readonly EventName[]

/** `where`: the browser and the address, as far as they are known. */
export type Activity = {
  readonly id: number
  readonly name: (typeof ACTIVITIES)[number]
  readonly at: Instant
  readonly method: MethodName | null
  readonly where: readonly string[]
}

/** Records that are looked through; a flood of refusals is merged before it gets here. */
const RECORDS_MAX = 100

/** What happened to one's own account lately, newest first (AUD-11). */
export const recentActivity = (world: World, ticket: Ticket): Promise<Activity[]> =>
  withEntered(world, ticket, async (tx, { session }) =>
    (await tx.auditOf(session.subject, RECORDS_MAX)).flatMap(activityOf),
  )

function activityOf({ id, name, time, method, person }: AuditRecord): Activity[] {
  const known = ACTIVITIES.find(each => each === name)
  if (!known) return []
  const where = [person?.browser, person?.source].flatMap(text => text || [])
  return [
    {
      id,
      name: known,
      at: Date.parse(time),
      method: METHOD_NAMES.find(each => each === method) ?? null,
      where,
    },
  ]
}
