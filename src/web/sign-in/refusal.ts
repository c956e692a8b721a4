import { isOnRecord, noteRefusal } from '../../actions/refusals.ts'
import type { Session } from '../../session.ts'
import type { FormProblem } from '../forms.tsx'
import type { Portal } from '../portal.ts'
import { problemOf } from '../problem.ts'
import { problemIn } from '../reset/steps.ts'

/** What the page of a sign-in says itself is on record once, too: by the action, else here. */
export async function refusalIn(
  portal: Portal,
  { source, subject, reference, login, browser }: Session,
  error: unknown,
): Promise<FormProblem> {
  const problem = problemIn(portal, error, 'invalid_input')
  if (isOnRecord(error)) return problem
  const reason = problemOf(error).type
  const person = { login, source, browser }
  const name = reason === 'too-many' ? 'reset.throttled' : 'reset.malformed'
  await noteRefusal(portal.world, source, { name, reason, subject, reference, real: true, person })
  return problem
}
