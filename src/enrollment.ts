import type { AccountRef } from './account.ts'
import type { Instant } from './lib/clock.ts'
import type { MethodName } from './method.ts'

/** By the number on its back; `login`: whose it was when it was assigned, for lists of an administrator. */
export type Device = {
  readonly serial: string
  readonly manufacturer: string
  readonly model: string
  readonly login: string
}

/**
 * One method registered by one account. `secret` is opened only in memory; the store seals it. `version` rises with
 * each change of the secret, so that a proof is used once however many servers judge it.
 * `source: directory`: an address mapped from an attribute, unverified (decisions 3.3).
 */
export type Enrollment = {
  readonly id: string
  readonly account: AccountRef
  readonly method: MethodName
  readonly secret: string
  readonly source: 'directory' | 'import' | 'person'
  /** The attribute that a mapped address came from. */
  readonly attribute: string | null
  readonly confirmedAt: Instant | null
  /** It proves nothing before this moment (a changed directory value counts 24 hours later). */
  readonly usableAt: Instant
  readonly lastUsedAt: Instant | null
  readonly version: number
  /** A device that an administrator gave to this account. */
  readonly device?: Device
  /** Reference of the sign-in that bound it: who disputes one method of a sign-in disputes all of them. */
  readonly boundIn?: string
  /** What its owner calls it. */
  readonly label?: string
  /** Before this moment it cannot be the deciding gate: one of two at most (decisions 3.12, ENR-05). */
  readonly decidesAt?: Instant
}
