import type { Account, AccountRef } from '../../account.ts'
import type { AgentCall, AgentValue } from '../../agent-call.ts'
import { PAGE_ITEMS_MAX } from '../../directory.ts'

/**
 * Whether a value, well formed already, can be an answer to this very call: about accounts of this directory, about the
 * account that was asked for, and a page that is no longer than pages are. What an agent says is not believed beyond that.
 */
export function fits(directory: string, call: AgentCall, value: AgentValue): boolean {
  if (value === null || typeof value === 'string') return true
  if ('mark' in value) return isOurs(directory, value.ref) && isAsked(call, value)
  if ('items' in value)
    return (
      value.items.length <= PAGE_ITEMS_MAX &&
      value.items.every(item => !('ref' in item) || isOurs(directory, item.ref))
    )
  return true
}

const isOurs = (directory: string, ref: AccountRef): boolean => ref.directory === directory && ref.id !== ''

/** `read` names one account; `find` may find anybody. */
const isAsked = (call: AgentCall, { ref }: Account): boolean => call.op !== 'read' || call.ref.id === ref.id
