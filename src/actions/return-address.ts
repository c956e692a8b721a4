import { type AskedReturn, type RefusedReturn, refusalOf } from '../return-address.ts'
import { noteRefusal } from './refusals.ts'
import type { Caller, World } from './world.ts'

/** May this browser be led back to where its address says? A no is on record, without the address (WEB-10). */
export async function checkReturn(
  world: World,
  asked: AskedReturn,
  { source, browser }: Caller,
): Promise<RefusedReturn | null> {
  const reason = refusalOf(world.applications, asked, world.clock.now())
  if (reason === null) return null
  const known = world.applications.find(({ name }) => name === asked.app)
  await noteRefusal(world, source, {
    name: 'return_address.refused',
    reason,
    person: { source, browser },
    ...(known ? { object: known.name } : {}),
  })
  return reason
}
