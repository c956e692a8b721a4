import type { PasswordRules } from '../actions/world.ts'
import { createBannedWords } from '../banned.ts'
import type { CommonPasswords } from '../common-passwords.ts'
import { checkPassword, shownRules } from '../password.ts'
import type { Profile, Settings } from '../settings.ts'

/** Our own rules for a version of the settings; kept until another version is asked for. */
export function createPasswordRules(
  common: CommonPasswords,
  profile: Profile,
): (settings: Settings) => PasswordRules {
  let kept: { readonly key: string; readonly rules: PasswordRules } | null = null
  return settings => {
    const key = JSON.stringify([settings.password, settings.organisation.name])
    if (kept?.key !== key) kept = { key, rules: rulesOf(common, profile, settings) }
    return kept.rules
  }
}

function rulesOf(common: CommonPasswords, profile: Profile, settings: Settings): PasswordRules {
  const { bannedWords, minLength, maxLength } = settings.password
  const banned = createBannedWords({ own: bannedWords, organisation: settings.organisation.name, common })
  const lengths = { minLength: Math.max(minLength, profile.passwordMinLength), maxLength }
  return {
    check: (password, { rules, names }) => checkPassword(password, { ...lengths, rules, names, banned }),
    shown: ({ rules }) => shownRules({ ...lengths, rules }),
  }
}
