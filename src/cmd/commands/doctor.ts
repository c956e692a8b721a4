import { Resolver } from 'node:dns/promises'
import { existsSync, statSync } from 'node:fs'
import { readSettings } from '../../actions/administer.ts'
import { mistakesIn } from '../../actions/settings-check.ts'
import type { World } from '../../actions/world.ts'
import type { Directory, Finding } from '../../directory.ts'
import { AppError } from '../../errors.ts'
import { deadline, seconds, systemClock } from '../../lib/clock.ts'
import { createLog } from '../../lib/log.ts'
import type { Profile } from '../../settings.ts'
import { deploymentOf, type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import { senderAddress } from '../config.ts'
import type { Deployment, DirectoryConfig } from '../config-types.ts'
import { breachFindings } from '../doctor-breach.ts'
import { senderFindings } from '../doctor-mail.ts'
import { passkeyFindings } from '../passkey-site.ts'
import type { Terminal } from '../terminal.ts'
import { openForCommand } from '../with-world.ts'

const CHECK_MS = seconds(20)
const DNS_MS = seconds(3)

/** Before this release nobody ran it; a clock that says so is wrong, and app codes hang on it (RFC 6238). */
const EARLIEST = Date.UTC(2026, 0, 1)
/** systemd-timesyncd keeps it while the clock is synchronised. */
const SYNCHRONISED = '/run/systemd/timesync/synchronized'

/** `postern doctor`: what is not as it should be, one line each; exit code 1 where something is an error. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation
  const parsed = parse(
    invocation.words,
    { 'dkim-selector': { type: 'string' }, 'dns-server': { type: 'string' } },
    { min: 0, max: 0 },
  )
  const deployment = deploymentOf(invocation, parsed)
  const told = [
    tell(terminal, 'deployment', deploymentFindings(deployment)),
    tell(terminal, 'clock', [clockFinding()]),
    ...(await tellOpened(deployment, terminal)),
    tell(
      terminal,
      'sender',
      await dnsFindings(deployment, parsed.value('dkim-selector') ?? null, parsed.value('dns-server')),
    ),
  ].flat()
  const count = (level: Finding['level']): number => told.filter(finding => finding.level === level).length
  terminal.out(`${count('error')} errors, ${count('warning')} warnings, ${count('unknown')} unknown\n`)
  return count('error') > 0 ? 1 : 0
}

function tell(terminal: Terminal, what: string, findings: readonly Finding[]): readonly Finding[] {
  for (const { level, text } of findings) terminal.out(`${level.padEnd(7)}  ${what}: ${text}\n`)
  return findings
}

const ok = (text: string): Finding => ({ level: 'ok', text })

const deploymentFindings = ({ warnings, keyFile, ring }: Deployment): Finding[] => [
  ok('the deployment file has no mistakes.'),
  ok(`the key ring ${keyFile} has ${ring.length} keys, and only its owner may read it.`),
  ...warnings.map(text => ({ level: 'warning', text }) as const),
]

function clockFinding(): Finding {
  const now = systemClock.now()
  if (now < EARLIEST)
    return { level: 'error', text: `it says ${new Date(now).toISOString()}, which is long past.` }
  return existsSync(SYNCHRONISED) && statSync(SYNCHRONISED).isFile()
    ? ok('it is kept by the network.')
    : {
        level: 'unknown',
        text: `it says ${new Date(now).toISOString()}; whether the network keeps it cannot be told.`,
      }
}

/** What needs the store; where that does not open, the rest is still told. */
async function tellOpened(deployment: Deployment, terminal: Terminal): Promise<(readonly Finding[])[]> {
  try {
    // A check says in its findings what its log would say.
    const { world, close } = await openForCommand(
      deployment,
      createLog(() => {}),
    )
    try {
      const directories = await Promise.all(
        world.directories.map(async (directory, i) => [
          ...(await directoryFindings(directory)),
          ...mappedFindings(deployment.directories[i]),
        ]),
      )
      return [
        tell(terminal, 'database', [
          ok(`${world.store.engine}, with the schema and the keys of this program.`),
        ]),
        tell(terminal, 'outbox', await outboxFindings(world)),
        tell(terminal, 'policy', await policyFindings(world, deployment.profile)),
        tell(terminal, 'passkeys', await passkeyFindings(world, deployment)),
        ...directories.map((findings, i) =>
          tell(terminal, `directory ${world.directories[i]?.name}`, findings),
        ),
        tell(terminal, 'mail server', await mailFindings(world)),
        tell(terminal, 'breached passwords', await breachFindings(world.breaches)),
        tell(terminal, 'identity provider', (await world.identity?.provider.check()) ?? []),
      ]
    } finally {
      await close()
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return [tell(terminal, 'database', [{ level: 'error', text: error.message }])]
  }
}

async function outboxFindings({ store, clock }: World): Promise<Finding[]> {
  const { waiting, dead } = await store.read(tx => tx.outbox.counts(clock.now()))
  return dead > 0
    ? [{ level: 'warning', text: `${dead} messages could not be delivered, ${waiting} wait.` }]
    : [ok(`${waiting} messages wait.`)]
}

async function policyFindings(world: World, profile: Profile): Promise<Finding[]> {
  const { version, settings } = await readSettings(world)
  const mistakes = version === 0 ? [] : mistakesIn(settings, profile)
  const warnings = [
    ...(settings.scope.kind === 'none' ? ['the scope is none: nobody can reset a password.'] : []),
    ...(settings.administrators.groups.length === 0 ? ['no group of administrators is named.'] : []),
    ...(settings.administrators.notify.length === 0
      ? ['nobody is told of what administrators should know.']
      : []),
    ...(settings.gates === 2 && settings.methods.length < 3
      ? ['with two gates allow three methods, so that one lost phone locks nobody out.']
      : []),
  ]
  return [
    ok(version === 0 ? 'the defaults are in force.' : `version ${version} is in force.`),
    ...mistakes.map(text => ({ level: 'error', text }) as const),
    ...warnings.map(text => ({ level: 'warning', text }) as const),
  ]
}

/** What the directory knows of itself: reach, rights, and what its rules mean for people (decisions 4.5, 4.11). */
async function directoryFindings(directory: Directory): Promise<Finding[]> {
  const { reachable, writable, warnings } = await directory.check(deadline(CHECK_MS))
  if (!reachable) return [{ level: 'error', text: 'it cannot be reached.' }, ...warnings]
  const { can } = directory
  return [
    writable ? ok('it can be asked and written.') : { level: 'error', text: 'it can be asked, not written.' },
    ...(can.unlock ? [] : [{ level: 'warning', text: 'it cannot unlock an account by itself.' } as const]),
    ...(can.historyOnReset
      ? []
      : [
          {
            level: 'warning',
            text: 'a reset takes any former password: its history binds changes only.',
          } as const,
        ]),
    ...warnings,
  ]
}

/** Anybody who may write it can make it their own (decisions 3.3); a simple bind cannot read who may. */
function mappedFindings(config: DirectoryConfig | undefined): Finding[] {
  const mapped = config && 'attributes' in config ? (config.attributes?.recoveryEmail ?? []) : []
  return mapped.map(attribute => ({
    level: 'unknown',
    text: `whether people may write their own ${attribute} cannot be read; what comes from it is never both gates.`,
  }))
}

async function mailFindings({ notifiers }: World): Promise<Finding[]> {
  const answers = await Promise.all(
    notifiers.map(notifier => notifier.check(deadline(CHECK_MS)).catch(() => false)),
  )
  return answers.map(answer =>
    answer
      ? ok('it takes mail, over a connection whose certificate is right.')
      : { level: 'error', text: 'it does not answer, its certificate is wrong, or it refuses the login.' },
  )
}

/** `server`: whom to ask in place of this machine's own resolver, whose answers may not be those that others get. */
async function dnsFindings(
  { mail }: Deployment,
  selector: string | null,
  server: string | undefined,
): Promise<Finding[]> {
  const domain = senderAddress(mail.from)?.split('@')[1]
  if (domain === undefined) return []
  const resolver = new Resolver({ timeout: DNS_MS, tries: 1 })
  if (server !== undefined) setServer(resolver, server)
  return senderFindings(domain, selector, async name =>
    (await resolver.resolveTxt(name)).map(parts => parts.join('')),
  )
}

function setServer(resolver: Resolver, server: string): void {
  try {
    resolver.setServers([server])
  } catch {
    throw new Misuse(`${JSON.stringify(server.slice(0, 60))} is no address of a DNS server.`)
  }
}
