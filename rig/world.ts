// A world for tests of actions and of the web room: real SQLite in memory, real methods, a fake clock, a mailbox that
// keeps what was sent. The directory is handed in, a real one.

import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { World } from '../src/actions/world.ts'
import { createAltcha, TOKEN_PRICE } from '../src/bot-checks/altcha.ts'
import type { Directory } from '../src/directory.ts'
import { createHashQueue } from '../src/lib/hash-queue.ts'
import { systemRandom } from '../src/lib/random.ts'
import { createKeys, KEY_USES, type Key } from '../src/lib/seal.ts'
import { createTexts, readCatalogues } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'
import { appCode } from '../src/methods/app-code.ts'
import { email } from '../src/methods/email.ts'
import { hardwareCode } from '../src/methods/hardware-code.ts'
import { createPasskey, type PasskeySite } from '../src/methods/passkey.ts'
import { recoveryCode } from '../src/methods/recovery-code.ts'
import { createSecurityQuestions } from '../src/methods/security-questions.ts'
import type { Address, Message, Notifier } from '../src/notifier.ts'
import { DEFAULT_SETTINGS, PROFILES, type Settings } from '../src/settings.ts'
import { openStore } from '../src/store/open.ts'
import { wordingsIn } from '../src/topics.ts'
import { type FakeClock, fakeClock } from './clock.ts'

export type Sent = { readonly message: Message; readonly address: Address }

export type TestWorld = World & {
  readonly clock: FakeClock
  readonly sent: Sent[]
  /** Where its passkeys belong; a portal makes it its own. */
  readonly passkeySite: PasskeySite
}

const TEXTS = createTexts<Messages>(readCatalogues(new URL('../locales', import.meta.url).pathname))

/** Until a portal is there. */
export const PASSKEY_SITE: PasskeySite = {
  origin: 'https://reset.example.test',
  rpId: 'reset.example.test',
}

/** Open to everybody, two gates: what a test does not say otherwise. */
export const OPEN_SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  scope: { kind: 'all', groups: [] },
  sourceBudget: 100,
  administrators: { groups: [], notify: ['helpdesk@example.org'] },
}

export type WorldOptions = {
  readonly settings?: Partial<Settings>
  readonly file?: string
  readonly databaseUrl?: string
  readonly clock?: FakeClock
  readonly ring?: readonly Key[]
  readonly passwordRules?: World['passwordRules']
  readonly breaches?: World['breaches']
  readonly applications?: World['applications']
  readonly identity?: World['identity']
  readonly reached?: World['reached']
}

/** The same keys in every test process, so that one can read what another left behind. */
export const TEST_RING: readonly Key[] = KEY_USES.map((use, index) => ({
  id: `k${index}`,
  use,
  created: '2026-01-01T00:00:00Z',
  secret: Buffer.alloc(32, index + 1),
}))

export async function testWorld(
  directories: readonly Directory[],
  options: WorldOptions = {},
): Promise<TestWorld> {
  const clock = options.clock ?? fakeClock()
  const keys = createKeys(options.ring ?? TEST_RING)
  const where =
    options.databaseUrl === undefined
      ? { file: options.file ?? ':memory:' }
      : { databaseUrl: options.databaseUrl, migrate: true }
  const store = await openStore({ ...where, keys, clock })
  const settings = { ...OPEN_SETTINGS, ...options.settings }
  await store.transact(async tx => {
    const stored = await tx.settings.current()
    if (!stored) await tx.settings.save(0, settings, clock.now())
  })
  const sent: Sent[] = []
  const passkeySite = { ...PASSKEY_SITE }
  return {
    store,
    clock,
    random: systemRandom,
    keys,
    directories,
    methods: {
      passkey: createPasskey(passkeySite),
      app_code: appCode,
      email,
      recovery_code: recoveryCode,
      hardware_code: hardwareCode,
      security_questions: createSecurityQuestions({ queue: createHashQueue(), wordings: wordingsIn(TEXTS) }),
    },
    notifiers: [mailbox(sent)],
    botCheck: createAltcha({ keys, random: systemRandom, price: TOKEN_PRICE }),
    profile: PROFILES.standard,
    help: { name: 'The helpdesk', telephone: '+00 000', hours: 'Mon–Fri', url: 'https://help.example.org/' },
    passwordRules: options.passwordRules ?? (() => ({ check: async () => null, shown: () => null })),
    breaches: options.breaches ?? [],
    applications: options.applications ?? [],
    identity: options.identity ?? null,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    reached: options.reached ?? (() => undefined),
    sent,
    passkeySite,
  }
}

const mailbox = (sent: Sent[]): Notifier => ({
  channel: 'mail',
  send: async (message, address) => void sent.push({ message, address }),
  check: async () => true,
  close: async () => undefined,
})

/** Solves the bot check as a client does; the token price makes it quick. */
export async function solved(world: World): Promise<string> {
  const {
    kind: _kind,
    expires_at: _expires,
    ...challenge
  } = await world.botCheck.challenge(world.clock.now(), true)
  // The challenge is altcha-lib's own; the port says only that it is a record.
  const solution = await solveChallenge({
    challenge: challenge as unknown as Challenge,
    deriveKey,
  })
  return btoa(JSON.stringify({ challenge, solution }))
}
