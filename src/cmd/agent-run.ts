import about from '../../package.json' with { type: 'json' }
import { type Answering, createAnswering } from '../agent/answer.ts'
import { openAuditFile } from '../agent/audit-file.ts'
import type { IdentityFile } from '../agent/identity.ts'
import { type Journal, openJournal } from '../agent/journal.ts'
import { type Link, openLink } from '../agent/link.ts'
import type { Beat } from '../agent-note.ts'
import { GUARD_LIMITS, guarded } from '../directories/guarded.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import type { Capabilities, Directory, Finding } from '../directory.ts'
import { type Clock, deadline, pause, seconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { AgentConfig } from './agent-config.ts'

export type AgentSurroundings = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export type RunningAgent = {
  readonly link: Link
  readonly answering: Answering
  /** No more calls are taken; those under way are answered and written down first. */
  stop(): Promise<void>
}

const CHECK_MS = seconds(5)
/** A heartbeat is asked for every 15 s, and when things change: it tells how they are then. */
const HEALTH_MS = 500
/** Soon: what is written to the account later by others hides what became of a write. */
const SETTLE_EVERY_MS = seconds(2)

/** Everything of an agent, wired once: the directory, the memory, the one connection. Throws JournalError. */
export async function openAgent(
  config: AgentConfig,
  identity: IdentityFile,
  { clock, random, log }: AgentSurroundings,
): Promise<RunningAgent> {
  const journal = await openJournal(config.state, clock)
  const auditFile = openAuditFile(config.state)
  const directory = openDirectory(config, { clock, log }, () => link.beatNow())
  const answering = createAnswering({
    ...{ directory, policy: config.policy, journal, clock },
    ends: () => identity.ends(),
    audit: auditFile.audit,
  })
  const link = openLink({
    ...{ server: config.server, transport: config.transport, identity, clock, random, log },
    answer: call => answering.answer(call),
    beat: () => beat(config, { directory, journal, answering }),
  })
  const settling = settleNowAndThen(answering, log)
  return {
    ...{ link, answering },
    async stop() {
      await link.close()
      await settling.stop()
      await answering.idle()
      await directory.close()
      await journal.close()
      auditFile.close()
    },
  }
}

/** The very same as a server beside the directory would have, guard and all. */
function openDirectory(
  { directory }: AgentConfig,
  { clock, log }: Pick<AgentSurroundings, 'clock' | 'log'>,
  onChange: () => void,
): Directory {
  const ldap = createLdapDirectory(directory, clock, (event, detail) => log.info(event, detail))
  return guarded(ldap, clock, { ...GUARD_LIMITS, healthMs: HEALTH_MS }, (event, name) => {
    log.warn(event, { directory: name })
    onChange()
  })
}

type Beating = { readonly directory: Directory; readonly journal: Journal; readonly answering: Answering }

async function beat(
  { policy, warnings }: AgentConfig,
  { directory, journal, answering }: Beating,
): Promise<Beat> {
  const health = await directory.check(deadline(CHECK_MS))
  const canRemember = await journal.isWritable()
  return {
    version: about.version,
    reachable: health.reachable,
    writable: health.writable && canRemember,
    can: allowed(directory.can, policy.operations),
    findings: [
      ...(canRemember ? [] : [DISK_FULL]),
      ...warnings.map(text => ({ level: 'warning', text }) as const),
      ...health.warnings,
    ]
      .slice(0, FINDINGS_MAX)
      .map(({ level, text }) => ({ level, text: text.slice(0, FINDING_CHARACTERS_MAX) })),
    paused: answering.isPaused(),
  }
}

/** More, and longer ones, a server does not take. */
const FINDINGS_MAX = 40
const FINDING_CHARACTERS_MAX = 500
const DISK_FULL: Finding = {
  level: 'error',
  text: 'its journal cannot be written (a full disk?), and so nothing is written to the directory.',
}

/** What the directory can do and the agent's own policy allows. */
const allowed = (can: Capabilities, operations: AgentConfig['policy']['operations']): Capabilities => ({
  reset: can.reset && operations.includes('reset'),
  change: can.change && operations.includes('change'),
  unlock: can.unlock && operations.includes('unlock'),
  authenticate: can.authenticate && operations.includes('authenticate'),
  historyOnReset: can.historyOnReset,
})

function settleNowAndThen(answering: Answering, log: Log): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await answering
        .settle()
        .catch((cause: unknown) =>
          log.error('lost answers could not be settled, and are tried again', { cause }),
        )
      await pause(SETTLE_EVERY_MS, stopped.signal)
    }
  }
  const running = run()
  return {
    async stop() {
      stopped.abort()
      await running
    },
  }
}
