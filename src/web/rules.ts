import type { Rule } from '../account.ts'
import type { Reset } from '../reset.ts'
import type { Settings } from '../settings.ts'
import type { Portal } from './portal.ts'

/** The rules to show, while a password is asked for: the directory's, where it tells them, and ours. */
export const shownRules = (
  portal: Portal,
  settings: Settings,
  { phase, account, goal }: Reset,
): readonly Rule[] | null =>
  phase.name === 'password' && goal === 'password' && account
    ? portal.world.passwordRules(settings).shown(account)
    : null
