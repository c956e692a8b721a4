import type { PasswordRules } from '../actions/world.ts'
import { type BannedWords, createBannedWords } from '../banned.ts'
import type { CommonPasswords } from '../common-passwords.ts'
import { checkPassword, shownRules } from '../password.ts'
import type { Profile, Settings } from '../settings.ts'

/**
 * Our own rules for a version of the settings; kept until another version is asked for. The list of common passwords is
 * loaded with the first password, so that a server that only waits does not hold it. `looksUp`: there are lists of breached
 * passwords, which are asked elsewhere and shown here.
 */
export function createPasswordRules(
  loadCommon: () => Promise<CommonPasswords>,
  profile: Profile,
  looksUp = false,
): (settings: Settings) => PasswordRules {
  let kept: { readonly key: string; readonly rules: PasswordRules } | null = null
  let common: Promise<CommonPasswords> | null = null
  const load = (): Promise<CommonPasswords> => {
    common ??= loadCommon()
    return common
  }
  return settings => {
    const key = JSON.stringify([settings.password, settings.organisation.name])
    if (kept?.key !== key) kept = { key, rules: rulesOf({ load, profile, looksUp }, settings) }
    return kept.rules
  }
}

type Parts = {
  readonly load: () => Promise<CommonPasswords>
  readonly profile: Profile
  readonly looksUp: boolean
}

function rulesOf({ load, profile, looksUp }: Parts, settings: Settings): PasswordRules {
  const { bannedWords, minLength, maxLength } = settings.password
  const organisation = settings.organisation.name
  const lengths = { minLength: Math.max(minLength, profile.passwordMinLength), maxLength }
  let banned: Promise<BannedWords> | null = null
  const ready = (): Promise<BannedWords> => {
    banned ??= load().then(common => createBannedWords({ own: bannedWords, organisation, common }))
    return banned
  }
  return {
    async check(password, { rules, names }) {
      return checkPassword(password, { ...lengths, rules, names, banned: await ready() })
    },
    shown: ({ rules }) => [
      ...shownRules({ ...lengths, rules }),
      ...(looksUp ? [{ name: 'not_breached' } as const] : []),
    ],
  }
}
