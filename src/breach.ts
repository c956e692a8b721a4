/**
 * PORT: has this password been seen in a breach (PWD-04, PWD-05)?
 *
 * `seen` judges the password as it was typed, letter by letter: yes where the list holds it, and no without doubt of the
 * list. A throw means that nobody knows, and what that means is policy. No call outlives `signal`. The password and its
 * whole digest go nowhere: not out of this process, into no log, into no error.
 */
export interface Breach {
  readonly kind: BreachKind
  seen(password: string, signal: AbortSignal): Promise<boolean>
  /** Not used afterwards. */
  close(): Promise<void>
}

export type BreachKind = 'filter_file' | 'range_api'

/** Nobody knows, and why: a sentence for the operator, without a word of what was asked. */
export class BreachError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'BreachError'
  }
}
