import { viewOf } from '../../actions/view.ts'
import type { Reset } from '../../reset.ts'
import { settingsOf } from '../context.ts'
import type { Portal } from '../portal.ts'
import { shownRules } from '../rules.ts'
import { resetAnswerOf } from './answer.ts'
import type { ResetAnswer } from './schemas.ts'

/** The whole Reset, so that a client never has to ask again. */
export async function showReset(portal: Portal, reset: Reset, token?: string): Promise<ResetAnswer> {
  const settings = await settingsOf(portal)
  const texts = portal.texts.for(reset.locale, settings.organisation.timeZone)
  return resetAnswerOf(viewOf(reset, shownRules(portal, settings, reset)), {
    help: portal.world.help,
    texts,
    token,
  })
}
