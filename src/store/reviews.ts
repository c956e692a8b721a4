import type { Instant } from '../lib/clock.ts'
import type { Review } from '../registration.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'

/** When an account last said what of it is still its own. Pseudonyms and moments alone: nothing here names a person. */
export interface Reviews {
  /** Never asked: both null. */
  of(subject: string): Promise<Review>
  reviewed(subject: string, now: Instant): Promise<void>
  dismissed(subject: string, until: Instant): Promise<void>
  remove(subject: string): Promise<void>
}

export const reviews = (db: Connection): Reviews => ({
  async of(subject) {
    const found = await db.row(reviewOf, { subject })
    return { reviewedAt: found?.reviewed_at ?? null, dismissedUntil: found?.dismissed_until ?? null }
  },
  async reviewed(subject, now) {
    await db.changed(saveReviewed, { subject, now })
  },
  async dismissed(subject, until) {
    await db.changed(saveDismissed, { subject, until })
  },
  async remove(subject) {
    await db.changed(removeReview, { subject })
  },
})

const reviewOf = statement((db, p: { subject: string }) =>
  db.selectFrom('reviews').select(['reviewed_at', 'dismissed_until']).where('subject', '=', p.subject),
)
/** A review takes back what was put off. */
const saveReviewed = statement((db, p: { subject: string; now: number }) =>
  db
    .insertInto('reviews')
    .values({ subject: p.subject, reviewed_at: p.now, dismissed_until: null })
    .onConflict(row =>
      row
        .column('subject')
        .doUpdateSet(eb => ({ reviewed_at: eb.ref('excluded.reviewed_at'), dismissed_until: null })),
    ),
)
const saveDismissed = statement((db, p: { subject: string; until: number }) =>
  db
    .insertInto('reviews')
    .values({ subject: p.subject, reviewed_at: null, dismissed_until: p.until })
    .onConflict(row =>
      row.column('subject').doUpdateSet(eb => ({ dismissed_until: eb.ref('excluded.dismissed_until') })),
    ),
)
const removeReview = statement((db, p: { subject: string }) =>
  db.deleteFrom('reviews').where('subject', '=', p.subject),
)
