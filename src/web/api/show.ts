import { viewOf } from '../../actions/view.ts'
import { isWriting, type Reset } from '../../reset.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../settings.ts'
import { settingsOf } from '../context.ts'
import type { Portal } from '../portal.ts'
import { shownRules } from '../rules.ts'
import { resetAnswerOf } from './answer.ts'
import type { ResetAnswer } from './schemas.ts'

/** The whole Reset, so that a client never has to ask again. */
export async function showReset(portal: Portal, reset: Reset, token?: string): Promise<ResetAnswer> {
  const settings = await settingsFor(portal, reset)
  const texts = portal.texts.for(reset.locale, settings.organisation.timeZone)
  return resetAnswerOf(viewOf(reset, shownRules(portal, settings, reset)), {
    help: portal.world.help,
    texts,
    token,
  })
}

/**
 * Of a write that is under way nothing hangs on the settings: where the store dies behind it, it must not be told as "not
 * now", which says that nothing happened (INV-1).
 */
const settingsFor = (portal: Portal, reset: Reset): Promise<Settings> =>
  isWriting(reset) ? settingsOf(portal).catch(() => DEFAULT_SETTINGS) : settingsOf(portal)
