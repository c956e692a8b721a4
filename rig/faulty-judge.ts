// Holds what was said to a person against the directory, the record and the counters (security.md, INV-1 to INV-10). Each
// judge gives the sentences of what is wrong; none: nothing is.
import { commitReset } from '../src/actions/write.ts'
import { AppError } from '../src/errors.ts'
import { seconds } from '../src/lib/clock.ts'
import { newToken, systemRandom } from '../src/lib/random.ts'
import { leaks } from './canary.ts'
import { type Scene, startAsStranger, tryCode } from './faulty-scene.ts'
import { rest, type Said, type Tried, type Walked, walk } from './faulty-walk.ts'

/**
 * To be asked after each answer: no count is lower than before, but those that a right answer clears (INV-5); "not now"
 * is said of no write that happened, "done" of none that did not (INV-1); no right code is refused.
 */
export function watch({ counters, writes }: Scene): {
  readonly look: (said: Said, tried: Tried) => void
  readonly problems: readonly string[]
} {
  const problems: string[] = []
  let before = counters()
  const look = (said: Said, tried: Tried): void => {
    const now = counters()
    for (const [name, value] of before) {
      const mayFall = tried === 'prove' && /^fail(ures|ing source):/.test(name)
      if (!mayFall && (now.get(name) ?? 0) < value)
        problems.push(`${name} fell from ${value} to ${now.get(name)} after ${tried}: ${said}`)
    }
    before = now
    if (said === 'not_now' && tried === 'commit' && writes.length > 0)
      problems.push('"not now" was said although the password was written')
    if (said === 'done' && writes.length !== 1) problems.push(`"done" was said after ${writes.length} writes`)
    if (said === 'wrong' && tried === 'prove') problems.push('a right code was refused')
  }
  return { look, problems }
}

const RECORDS: Partial<Record<Said, readonly string[]>> = {
  started: ['reset.started'],
  chosen: ['reset.challenge_begun'],
  right: ['reset.answer_passed'],
  wrong: ['reset.answer_failed'],
  uncertain: ['reset.writing'],
  done: ['reset.written', 'reset.settled'],
}

/** When all is over: one write, the truth, every answer on record, the owner told (INV-1, INV-2, INV-3, INV-10). */
export async function judgeEnd(
  scene: Scene,
  { reset, said }: Walked,
  words: { old: string; password: string },
): Promise<string[]> {
  const { world, writes, binds } = scene
  const problems: string[] = []
  const expectThat = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(`${problem} (${said.join(' ')})`)
  }
  expectThat(reset.phase.name === 'done', `the reset ended as ${reset.phase.name}`)
  expectThat(await binds(words.password), 'the new password does not open the directory')
  expectThat(!(await binds(words.old)), 'the old password opens the directory')
  expectThat(writes.length === 1, `the directory was written ${writes.length} times`)
  const records = await world.store.read(tx => tx.auditRecords(0, 10_000))
  const names = records.filter(record => record.reset === reset.id).map(({ name }) => name)
  for (const [what, wanted] of Object.entries(RECORDS)) {
    const answered = said.filter(each => each === what).length
    const kept = names.filter(name => wanted.includes(name)).length
    expectThat(kept >= answered, `"${what}" was said ${answered} times, and is on record ${kept} times`)
  }
  // A letter that was claimed by a sender that failed comes back within its lease of a minute.
  for (let round = 0; round < 15; round += 1) await rest(world)
  const told = world.sent.filter(({ message }) => message.kind === 'password_reset')
  const addresses = new Set(told.map(({ address }) => address.to))
  expectThat(addresses.size === 2, `${addresses.size} of 2 addresses were told`)
  return problems
}

/** What was used proves nothing again: codes, solved checks, the reset itself (INV-4). */
export async function judgeReplays({ world, person, writes }: Scene, walked: Walked): Promise<string[]> {
  const problems: string[] = []
  const again = await startAsStranger(world, person.login)
  for (const { method, code } of walked.used) {
    // At once, while an app's code would still be accepted; a mail may follow another only after a while.
    if (method === 'email') for (let round = 0; round < 13; round += 1) await rest(world)
    if (await tryCode(world, again, method, code)) problems.push(`a used ${method} passed again`)
  }
  for (const botCheck of walked.botChecks) {
    const replay = await startAsStranger(world, person.login, botCheck).catch((error: unknown) => error)
    if (!(replay instanceof AppError) || replay.code !== 'bot-check-failed')
      problems.push(`a solved check worked again: ${String(replay)}`)
  }
  const count = writes.length
  await commitReset(world, walked.ticket, 'Another password 4711')
  if (writes.length !== count) problems.push('a finished reset wrote again')
  return problems
}

/** The same person comes back a minute later, and nobody had to mend anything (INV-9); a saved code works once (INV-4). */
export async function judgeNext({ world, person, counters, binds }: Scene): Promise<string[]> {
  const guesses = [...counters()].filter(([name, value]) => name.startsWith('failures:') && value >= 3)
  if (guesses.length === 0) return ["the stranger's guesses are forgotten"]
  world.clock.advance(seconds(61))
  const password = `Next-${newToken(systemRandom)}`
  const { reset, said } = await walk({ world, person, ways: ['app_code', 'recovery_code'], password })
  if (reset.phase.name !== 'done') return [`the next reset ended as ${reset.phase.name} (${said.join(' ')})`]
  if (!(await binds(password))) return ['the next password does not open the directory']
  const again = await startAsStranger(world, person.login)
  const passed = await tryCode(world, again, 'recovery_code', person.codes[0] ?? '')
  return passed ? ['a used recovery code passed again'] : []
}

/** No password, seed, saved code or token stands in a file or a log line (INV-6). Closes the scene. */
export async function judgeLeft(scene: Scene, secrets: readonly string[]): Promise<string[]> {
  const { person, world } = scene
  const tokens = world.sent.flatMap(({ message }) =>
    'disputeToken' in message ? [message.disputeToken] : [],
  )
  const left = await scene.close()
  const found = leaks(left, [...secrets, person.seed, ...person.codes, ...tokens])
  return found.map(secret => `"${secret}" was left behind`)
}
