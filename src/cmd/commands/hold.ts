import { liftHold } from '../../actions/enrollments.ts'
import { type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import { withWorld } from '../with-world.ts'

/** `postern hold lift LOGIN`: after "this was not me", once the helpdesk has verified who calls (decisions 2.4). */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, {}, { min: 2, max: 2 })
  const [verb, login = ''] = parsed.positionals
  if (verb !== 'lift') throw new Misuse('"postern hold" was used wrongly')
  return withWorld(invocation, parsed, async world => {
    const lifted = await liftHold(world, login)
    invocation.terminal.out(lifted ? `${login} can reset again.\n` : `Nothing holds ${login} back.\n`)
    return 0
  })
}
