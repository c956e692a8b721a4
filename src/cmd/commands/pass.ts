import { issuePass, revokePass } from '../../actions/passes.ts'
import { toRfc3339 } from '../../lib/clock.ts'
import { PASS_MINUTES } from '../../pass.ts'
import { type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import { withWorld } from '../with-world.ts'

const FLAGS = { minutes: { type: 'string' } } as const

/** `postern pass`: for people who have nothing yet. A pass is shown this once, and never taken as an argument. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, FLAGS, { min: 2, max: 2 })
  const { terminal } = invocation
  const [verb, login = ''] = parsed.positionals
  const given = parsed.value('minutes')
  if (verb === 'issue') {
    const life =
      given === undefined ? PASS_MINUTES.default : /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN
    return withWorld(invocation, parsed, async world => {
      const { pass, login: owner, until, reference } = await issuePass(world, login, life)
      terminal.out(`${pass}\n`)
      terminal.err(
        `This is a pass for ${owner}, shown this once. It opens security info once, at /sign-in/pass, until ${toRfc3339(until)}.\n` +
          `${owner} was told that there is one. Reference: ${reference}\n`,
      )
      return 0
    })
  }
  if (verb !== 'revoke' || given !== undefined) throw new Misuse('"postern pass" was used wrongly')
  return withWorld(invocation, parsed, async world => {
    const revoked = await revokePass(world, login)
    terminal.out(revoked ? `The pass of ${login} opens nothing any more.\n` : `${login} had no pass.\n`)
    return 0
  })
}
