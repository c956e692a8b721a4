import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentDesk } from '../actions/agent-desk.ts'
import { currentSettings } from '../actions/current-settings.ts'
import type { PeopleCraft } from '../actions/people.ts'
import type { CrashPoint, Identity, World } from '../actions/world.ts'
import type { BotCheck } from '../bot-check.ts'
import { createAltcha } from '../bot-checks/altcha.ts'
import { createNone } from '../bot-checks/none.ts'
import { createSiteverify } from '../bot-checks/siteverify.ts'
import type { Breach } from '../breach.ts'
import { openFilterFile } from '../breaches/filter-file.ts'
import { createRangeApi } from '../breaches/range-api.ts'
import { createPasswordHash, type PasswordHash } from '../directories/builtin/password-hash.ts'
import { keysOf } from '../directories/builtin/people.ts'
import type { Directory } from '../directory.ts'
import { AppError } from '../errors.ts'
import { CALLBACK_PATH } from '../identity-provider.ts'
import { createOpenIdConnect } from '../identity-providers/openid-connect.ts'
import { type Clock, deadline, seconds, systemClock } from '../lib/clock.ts'
import { createHashQueue } from '../lib/hash-queue.ts'
import type { Log } from '../lib/log.ts'
import { type Random, systemRandom } from '../lib/random.ts'
import { remembered } from '../lib/remembered.ts'
import { createKeys, type Key, type Keys, replaceableKeys } from '../lib/seal.ts'
import { createTexts, readCatalogues, type Texts } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'
import { appCode } from '../methods/app-code.ts'
import { email } from '../methods/email.ts'
import { hardwareCode } from '../methods/hardware-code.ts'
import { createPasskey } from '../methods/passkey.ts'
import { recoveryCode } from '../methods/recovery-code.ts'
import { createSecurityQuestions } from '../methods/security-questions.ts'
import type { Notifier } from '../notifier.ts'
import { renderMail } from '../notifiers/mail.ts'
import { smtpNotifier } from '../notifiers/smtp.ts'
import type { Relay } from '../relay.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { wordingsIn } from '../topics.ts'
import { readAssets } from '../web/assets.ts'
import type { Portal } from '../web/portal.ts'
import { loadCommonPasswords } from './common-passwords.ts'
import type { Deployment } from './config-types.ts'
import { createPasswordRules } from './password-rules.ts'
import { type Agents, behindAgents, openAgents, openDesk } from './wire-agents.ts'
import { openDirectory } from './wire-directories.ts'

/** The demo leaves this in its data folder, so that no production ever runs on sample people (decisions 7.1). */
export const DEMO_MARK = '.demo'

/** What tests and the demo hand in instead of the real thing. */
export type Instead = {
  readonly clock?: Clock
  readonly random?: Random
  readonly around?: (directory: Directory) => Directory
  /** How a command asks agents: through the server that holds their sockets. */
  readonly relay?: Relay
  readonly notifier?: (parts: MailParts) => Notifier
  readonly reached?: (point: CrashPoint) => void
  /** Its data folder is the demo's own. */
  readonly isDemo?: boolean
}

export type Opened = {
  readonly world: World
  readonly texts: Texts<Messages>
  /** How people of the built-in directory are made; null where there is none. */
  readonly craft: PeopleCraft | null
  /** Null where no directory is behind agents. */
  readonly agents: OpenedAgents | null
  /** Takes a ring that was read again from its file: a key that was added serves at once. */
  replaceRing(ring: readonly Key[]): void
  close(): Promise<void>
}

/** `desk` is where agents come in; `book` is what is known of them, empty until it is refreshed. */
export type OpenedAgents = Agents & { readonly desk: AgentDesk }

/**
 * Everything that exists, listed once (style 11). Throws AppError with a sentence for the operator where the store
 * cannot be opened: no database, another schema, the wrong key ring.
 */
export async function openWorld(deployment: Deployment, log: Log, instead: Instead = {}): Promise<Opened> {
  const clock = instead.clock ?? systemClock
  const random = instead.random ?? systemRandom
  const { keys, replace } = replaceableKeys(deployment.ring)
  const store = await openDeploymentStore(deployment, { clock, keys, isDemo: instead.isDemo })
  const texts = createTexts<Messages>(readCatalogues(besideProgram('locales', '../../locales')))
  const { around = directory => directory, notifier = parts => openMail(deployment, parts) } = instead
  const queue = createHashQueue()
  const hash = createPasswordHash(queue)
  const breaches = openBreaches(deployment)
  const agents = openAgents({ store, keys })
  const relay = instead.relay ?? agents.relay
  const world: World = {
    store,
    clock,
    random,
    keys,
    directories: deployment.directories.map(config =>
      openDirectory(config, { ...{ store, clock, log, hash, agents, random, around }, relay }),
    ),
    methods: {
      passkey: createPasskey({ origin: deployment.publicUrl, ...deployment.passkeys }),
      app_code: appCode,
      email,
      recovery_code: recoveryCode,
      hardware_code: hardwareCode,
      security_questions: createSecurityQuestions({ queue, wordings: wordingsIn(texts) }),
    },
    notifiers: [remembering(notifier({ store, texts, clock, random }), clock)],
    botCheck: openBotCheck(deployment, { keys, random, log }),
    profile: deployment.profile,
    help: deployment.help,
    passwordRules: createPasswordRules(loadCommonPasswords, deployment.profile, breaches.length > 0),
    breaches,
    identity: openIdentity(deployment, clock),
    applications: deployment.applications,
    log,
    reached: instead.reached ?? (() => {}),
  }
  return {
    ...{ world, texts, craft: craftOf(deployment, hash), replaceRing: replace },
    agents: behindAgents(deployment).length > 0 ? { ...agents, desk: openDesk(world, agents) } : null,
    close: async () => {
      await agents.relay.close()
      await closeAll(world)
    },
  }
}

/** Every start asks whether mail can go (decisions 1.1); the provider is asked four times a minute. */
const MAIL_CHECK_MS = seconds(15)

const remembering = (notifier: Notifier, clock: Clock): Notifier => ({
  ...notifier,
  check: remembered(clock, MAIL_CHECK_MS, false, signal => notifier.check(signal)),
})

type Opening = { readonly clock?: Clock; readonly keys?: Keys; readonly isDemo?: boolean | undefined }

/** The store of a deployment. A folder of the demo's is refused. */
export async function openDeploymentStore(
  { storage, ring }: Deployment,
  { clock = systemClock, keys = createKeys(ring), isDemo = false }: Opening = {},
): Promise<Store> {
  if (storage.kind === 'sqlite') {
    if (!isDemo) refuseDemo(storage.folder)
    mkdirSync(storage.folder, { recursive: true, mode: 0o700 })
  }
  const where = storage.kind === 'sqlite' ? { file: storage.file } : { databaseUrl: storage.url }
  try {
    return await openStore({ ...where, keys, clock })
  } catch (cause) {
    throw storeMistake(cause)
  }
}

/** Throws where the demo made this folder. */
export function refuseDemo(folder: string): void {
  if (!existsSync(join(folder, DEMO_MARK))) return
  throw new AppError('invalid-input', `${folder} belongs to the demo; production needs a folder of its own.`)
}

/** What the store says of itself when it cannot be opened, for the operator. */
export function storeMistake(cause: unknown): AppError {
  if (cause instanceof AppError && cause.code !== 'not-now') return cause
  const why = cause instanceof AppError ? 'The database cannot be reached or written.' : messageOf(cause)
  return new AppError('invalid-input', why, { cause })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A queue for two hashes at once is never so full in a command. */
const HASH_MS = seconds(10)

function craftOf({ directories }: Deployment, hash: PasswordHash): PeopleCraft | null {
  const builtin = directories.find(({ kind }) => kind === 'builtin')
  if (!builtin) return null
  return {
    directory: builtin.name,
    hash: password => hash.hash(password, deadline(HASH_MS)),
    keysOf: person => keysOf(person, builtin.domains),
  }
}

export type MailParts = Pick<World, 'store' | 'clock' | 'random'> & { readonly texts: Texts<Messages> }

/** Mails are written in the organisation's name and time zone as they are when a mail goes. */
function openMail(deployment: Deployment, { store, texts, clock, random }: MailParts): Notifier {
  const { publicUrl, help, mail } = deployment
  return smtpNotifier({
    ...mail,
    publicHost: new URL(publicUrl).hostname,
    clock,
    random,
    render: async (message, locale) => {
      const { organisation } = await store.read(currentSettings)
      return renderMail(message, locale, { texts, publicUrl, organisation, help })
    },
  })
}

function openBotCheck(
  { botCheck, publicUrl }: Deployment,
  { keys, random, log }: Pick<World, 'keys' | 'random' | 'log'>,
): BotCheck {
  if (botCheck.kind === 'none') return createNone(random)
  if (botCheck.kind === 'altcha') return createAltcha({ keys, random })
  const { hostname } = new URL(publicUrl)
  return createSiteverify(botCheck, {
    keys,
    random,
    hostname,
    note: (event, detail) => log.warn(event, detail),
  })
}

/** The file first: what it knows, nobody else is asked. */
const openBreaches = ({ breach: { filterFile, range }, outbound }: Deployment): Breach[] => [
  ...(filterFile === null ? [] : [openFilterFile(filterFile)]),
  ...(range === null ? [] : [createRangeApi({ ...range, ...outbound })]),
]

function openIdentity({ oidc, publicUrl, outbound }: Deployment, clock: Clock): Identity | null {
  if (!oidc) return null
  const { directory, attribute, only, ...provider } = oidc
  const redirectUri = `${publicUrl}${CALLBACK_PATH}`
  return {
    provider: createOpenIdConnect({ ...provider, redirectUri }, outbound, clock),
    ...{ directory, attribute, only },
  }
}

async function closeAll(world: World): Promise<void> {
  await Promise.allSettled(
    [
      ...world.directories,
      ...world.notifiers,
      ...world.breaches,
      ...(world.identity ? [world.identity.provider] : []),
    ].map(part => part.close()),
  )
  await world.store.close()
}

/** What the web room needs beside the world. */
export function portalOf(deployment: Deployment, { world, texts, agents }: Opened): Portal {
  const { publicUrl, trustedProxies, help } = deployment
  const assetsFolder = besideProgram('assets', '../../dist/assets')
  return {
    world,
    publicUrl,
    hosts: [new URL(publicUrl).host],
    trustedProxies,
    texts,
    assets: readAssets(assetsFolder),
    assetsFolder,
    securityContact: help.url,
    ...(agents ? { agentDesk: agents.desk } : {}),
  }
}

/** Beside the built program, or where it lies in the sources. */
export function besideProgram(built: string, source: string): string {
  const beside = fileURLToPath(new URL(built, import.meta.url))
  return existsSync(beside) ? beside : fileURLToPath(new URL(source, import.meta.url))
}
