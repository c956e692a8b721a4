import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { startAgentRounds } from '../../actions/agent-rounds.ts'
import { currentSettings } from '../../actions/current-settings.ts'
import { startHousekeeping } from '../../actions/housekeeping.ts'
import { contradictions } from '../../actions/settings-check.ts'
import type { World } from '../../actions/world.ts'
import { AppError } from '../../errors.ts'
import { seconds } from '../../lib/clock.ts'
import { createLog, type Log } from '../../lib/log.ts'
import type { Settings } from '../../settings.ts'
import { createServer } from '../../web/server.ts'
import { deploymentOf, type ExitCode, type Invocation, parse } from '../arguments.ts'
import { readPair, renewCertificate } from '../certificate.ts'
import type { Deployment } from '../config-types.ts'
import { checkPasskeys } from '../passkey-site.ts'
import { watchRing } from '../renewed-ring.ts'
import { openWorld, portalOf } from '../wire.ts'
import { shareWithCommands } from '../wire-agents.ts'

/** Requests under way may end: a write takes up to 30 s (security.md INV-7). */
const GRACE_MS = seconds(35)

/** `postern serve`: the portal and the API, until SIGTERM or SIGINT; then what is under way ends, and it exits. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const deployment = deploymentOf(invocation, parse(invocation.words, {}, { min: 0, max: 0 }))
  const log = createLog()
  const opened = await openWorld(deployment, log)
  const { world } = opened
  try {
    await checkPolicy(world, deployment)
    await checkPasskeys(world, deployment)
    const portal = portalOf(deployment, opened)
    const app = await createServer(portal, deployment.tls ? readPair(deployment.tls) : null)
    const stopRenewing = await open(app, deployment, log)
    const stopWatching = watchRing(deployment.keyFile, opened.replaceRing, log)
    const housekeeping = startHousekeeping(world)
    const { agents } = opened
    const rounds = agents && startAgentRounds(world, agents.book, agents.desk)
    const sharing = agents && (await shareWithCommands(agents.relay, deployment, log))
    await record(world, 'server.started')
    log.info('Postern answers', {
      public_url: deployment.publicUrl,
      listen: addressOf(app),
      profile: world.profile.name,
    })
    await untilStopped()
    log.info('Postern stops')
    stopRenewing()
    stopWatching()
    await close(app)
    await sharing?.close()
    await rounds?.stop()
    await housekeeping.stop()
    await record(world, 'server.stopped')
  } finally {
    await opened.close()
  }
  return 0
}

/** A policy that says less than the profile claims is no start; what is merely unwise is told (decisions 3.2, 7.3). */
async function checkPolicy({ store, profile, log }: World, { warnings }: Deployment): Promise<void> {
  const { settings, applied } = await store.read(async tx => ({
    settings: await currentSettings(tx),
    applied: (await tx.settings.current()) !== null,
  }))
  const mistakes = applied ? contradictions(settings, profile) : []
  if (mistakes.length > 0) {
    throw new AppError('invalid-input', ['The policy contradicts the deployment:', ...mistakes].join('\n- '))
  }
  for (const warning of [...warnings, ...policyWarnings(settings)]) log.warn(warning)
}

const policyWarnings = (settings: Settings): string[] => [
  ...(settings.scope.kind === 'none'
    ? ['The scope is none: nobody can reset a password yet (postern settings apply).']
    : []),
  ...(settings.administrators.groups.length === 0
    ? ['No group of administrators is named: only accounts that the directory protects count as such.']
    : []),
]

async function open(app: FastifyInstance, { listen, tls }: Deployment, log: Log): Promise<() => void> {
  try {
    await app.listen(listen)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const text = `Postern cannot listen at ${listen.host}:${listen.port} (${code}).`
    throw new AppError('invalid-input', text, { cause })
  }
  const { server } = app
  return tls && server instanceof TlsServer ? renewCertificate(server, tls, log) : () => {}
}

function addressOf(app: FastifyInstance): string {
  const address = app.server.address()
  return typeof address === 'object' && address ? `${address.address}:${address.port}` : String(address)
}

/** No more connections are taken; those that are still open after the grace are cut. */
async function close(app: FastifyInstance): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), GRACE_MS)
  await app.close()
  clearTimeout(late)
}

const record = (world: World, name: 'server.started' | 'server.stopped'): Promise<void> =>
  world.store.transact(tx => tx.audit({ name, actor: 'server', result: 'ok' }))

const untilStopped = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
