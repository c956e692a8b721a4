/** The closed list of what can go wrong, as `design/api.md` names it; `web/problem.ts` alone turns one into an answer. */
export type ErrorCode =
  | 'invalid-input'
  | 'bot-check-failed'
  | 'not-found'
  | 'wrong-step'
  | 'too-large'
  | 'too-many'
  | 'not-now'
  | 'internal'

export type ErrorDetail = { readonly retryAfterSeconds?: number; readonly cause?: unknown }

/**
 * The only error that our code throws. `message` is for the person and holds no state of anybody;
 * `cause` is for the log.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, { cause: detail.cause })
    this.name = 'AppError'
    this.code = code
    this.retryAfterSeconds = detail.retryAfterSeconds
  }
}
