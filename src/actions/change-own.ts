import type { Enrollment } from '../enrollment.ts'
import { AppError } from '../errors.ts'
import { isFresh, type Session } from '../session.ts'
import type { Tx } from '../store/store.ts'
import { limitNames } from './current-settings.ts'
import type { Ticket } from './load.ts'
import { tellOwner } from './notice.ts'
import { type Opened, recordOf, refusalOf, withEntered } from './open-session.ts'
import { endResets } from './perform.ts'
import { hasStep } from './security-info.ts'
import type { World } from './world.ts'

/** Why a change of one's own methods is refused, for the page. */
export type ChangeRefusal =
  /** Fresh proof is needed first (ENR-01). */
  | 'stale'
  | 'held'
  | 'not_offered'
  /** A first registration needs a pass, or a named network (decisions 3.4). */
  | 'first_needs_pass'
  | 'first_needs_network'
  /** A pass is for registering alone (decisions 3.12). */
  | 'pass_adds_only'
  | 'malformed'
  | 'own_address'
  | 'there_already'
  | 'wrong'
  | 'weak'
  | 'late'

/** What stands before every change: a proof that is too old, and a hold (ENR-01, decisions 2.4). */
export function whyNot(world: World, { session, settings, standing }: Opened): ChangeRefusal | null {
  const now = world.clock.now()
  if (!isFresh(session, hasStep(world, settings, standing, session, now), now)) return 'stale'
  return standing.hold === null ? null : 'held'
}

/**
 * Removes one's own method: it is dead from now on, and so is every reset that is open (TOK-09). Throws `not-found` for what
 * is not one's own; what comes from the directory is removed there.
 */
export const removeOwn = (world: World, ticket: Ticket, id: string): Promise<ChangeRefusal | null> =>
  withEntered(world, ticket, async (tx, opened) => {
    const { session } = opened
    const enrollment = ownEnrollment(opened, id)
    const why = session.entry === 'pass' ? 'pass_adds_only' : whyNot(world, opened)
    if (why) return refuseChange(tx, session, enrollment, why)
    await tell(world, tx, opened, 'method_removed', enrollment)
    await tx.enrollments.remove(id)
    for (const who of ['known', 'strangers'] as const) await tx.limits.clear(limitNames.failures(id, who))
    await endOpened(world, tx, session)
    await tx.audit({ ...recordOf(session, 'enrollment.removed'), method: enrollment.method, object: id })
    return null
  })

/** What a method had opened, in whoever's hands it was: every reset, and every sign-in but this one (TOK-09). */
export async function endOpened(world: World, tx: Tx, { id, subject }: Session): Promise<void> {
  await endResets(world, tx, subject)
  await tx.sessions.endAll(subject, id)
}

async function refuseChange(tx: Tx, session: Session, { id, method }: Enrollment, why: ChangeRefusal) {
  await tx.audit({
    ...refusalOf(session, 'enrollment.change_refused', why),
    method,
    object: id,
  })
  return why
}

/** As long as a name on a page may be. */
export const LABEL_CHARACTERS_MAX = 40

/** Another name for one's own method: whoever mixes up names makes people remove the wrong one. Throws `not-found`, `invalid-input`. */
export const renameOwn = (
  world: World,
  ticket: Ticket,
  id: string,
  label: string,
): Promise<ChangeRefusal | null> =>
  withEntered(world, ticket, async (tx, opened) => {
    const enrollment = ownEnrollment(opened, id)
    const why = whyNot(world, opened)
    if (why) return refuseChange(tx, opened.session, enrollment, why)
    const name = label.normalize('NFC').trim()
    if (
      [...name].length > LABEL_CHARACTERS_MAX ||
      /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(name)
    )
      throw new AppError('invalid-input', 'This is not a name.')
    await tx.enrollments.rename(enrollment.id, name)
    await tx.audit({
      ...recordOf(opened.session, 'enrollment.renamed'),
      method: enrollment.method,
      object: enrollment.id,
    })
    return null
  })

function ownEnrollment({ standing }: Opened, id: string): Enrollment {
  const found = standing.usable.find(({ enrollment }) => enrollment.id === id)?.enrollment
  if (!found || found.source === 'directory') throw new AppError('not-found', 'There is no such method.')
  return found
}

/** Every address on file but the one that was just confirmed: who reads that would only learn that it worked. */
export async function tell(
  world: World,
  tx: Tx,
  { account, session }: Opened,
  kind: 'method_added' | 'method_removed',
  enrollment: Enrollment,
): Promise<void> {
  const { method, secret } = enrollment
  const origin = { at: world.clock.now(), source: session.source, browser: session.browser }
  const about = {
    account,
    subject: session.subject,
    reference: session.reference,
    reset: null,
    passed: kind === 'method_added' ? [{ method, channel: world.methods[method].channel(secret) }] : [],
    origin,
    locale: session.locale,
    ...(kind === 'method_added' ? { enrollment: enrollment.id } : {}),
  }
  const { displayName } = account
  const { reference } = session
  await tellOwner(world, tx, about, disputeToken => ({
    kind,
    method,
    displayName,
    origin,
    reference,
    disputeToken,
  }))
}
