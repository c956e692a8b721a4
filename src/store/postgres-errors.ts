import pg from 'pg'

const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * No rights (28), connection (08), no such database (3D), no room (53), cancelled or shutting down (57), disk (58),
 * damaged (XX); read-only and lock timeout by their full codes (PostgreSQL 15, appendix A).
 */
const UNAVAILABLE = /^(?:08|28|3D|53|57|58|XX|25006|55P03)/

export const lostToAnother = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK_DETECTED)

/** A lock was not to be had in time: once the savepoint is left, it may be asked for again. */
export const heldByAnother = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === LOCK_NOT_AVAILABLE || error.code === DEADLOCK_DETECTED)

/** What the driver itself throws, without the server, means that the server cannot be reached. */
export const isUnavailable = (error: unknown): boolean =>
  !(error instanceof pg.DatabaseError) || UNAVAILABLE.test(error.code ?? '')
