import { type Instant, seconds } from './lib/clock.ts'
import { isSignature } from './lib/signature.ts'

/** Another application that sends people here, and where they may be sent back to, letter by letter (WEB-10). */
export type Application = {
  readonly name: string
  /** Shared with it; of at least `SECRET_CHARACTERS_MIN`. */
  readonly secret: string
  readonly returnAddresses: readonly string[]
}

export const SECRET_CHARACTERS_MIN = 32

/** A link lives a day at most, whatever the application wrote into it. */
export const LINK_SECONDS_MAX = 86_400

/** What the address holds, as it came. */
export type AskedReturn = {
  readonly app: string
  readonly returnTo: string
  readonly expires: string
  readonly signature: string
}

export type RefusedReturn = 'unknown_app' | 'unsigned' | 'altered' | 'expired' | 'too_far' | 'not_listed'

/** What is signed: a line each, so that no two lists of three give one text. Names and addresses hold no line ends. */
export const signedText = ({ app, returnTo, expires }: Omit<AskedReturn, 'signature'>): string =>
  ['postern-return-1', app, returnTo, expires].join('\n')

/** The signature is looked at before anything that it vouches for. */
export function refusalOf(
  applications: readonly Application[],
  asked: AskedReturn,
  now: Instant,
): RefusedReturn | null {
  const application = applications.find(({ name }) => name === asked.app)
  if (!application) return 'unknown_app'
  if (asked.signature === '') return 'unsigned'
  if (/\n/.test(asked.app + asked.returnTo + asked.expires)) return 'altered'
  if (!isSignature(application.secret, signedText(asked), asked.signature)) return 'altered'
  if (!/^\d{1,12}$/.test(asked.expires)) return 'altered'
  const left = seconds(Number(asked.expires)) - now
  if (left <= 0) return 'expired'
  if (left > seconds(LINK_SECONDS_MAX)) return 'too_far'
  return application.returnAddresses.includes(asked.returnTo) ? null : 'not_listed'
}

/** Asked again whenever it is shown: what left the list meanwhile leads nowhere. */
export const isListed = (applications: readonly Application[], app: string, returnTo: string): boolean =>
  applications.some(({ name, returnAddresses }) => name === app && returnAddresses.includes(returnTo))
