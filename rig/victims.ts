// The people whom adversarial tests attack: a real slapd with somebody of every kind, and what they hold.
import { deliverDue } from '../src/actions/deliver.ts'
import { importLine } from '../src/actions/enroll.ts'
import { createPasswordRules } from '../src/cmd/password-rules.ts'
import { createCommonPasswords } from '../src/common-passwords.ts'
import { createLdapDirectory } from '../src/directories/ldap.ts'
import type { Directory } from '../src/directory.ts'
import { systemClock } from '../src/lib/clock.ts'
import { shownCode } from '../src/methods/totp.ts'
import { PROFILES } from '../src/settings.ts'
import { configOf } from './openldap.ts'
import type { HeldReset } from './portal.ts'
import { type Person, personDn, type Slapd, startSlapd } from './slapd.ts'
import { generalizedTime } from './slapd-entries.ts'
import type { TestWorld } from './world.ts'

export const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
export const CODES = ['ABCDEFGHJKMNPQRS', 'BCDEFGHJKMNPQRST', 'CDEFGHJKMNPQRSTU', 'DEFGHJKMNPQRSTUV'] as const

/** What everybody here answers, by topic. */
export const ANSWERS = {
  first_pet: 'Räuber Hotzenplotz',
  first_street: 'Am Ælfric Weg',
  childhood_hero: 'Kapitän Blaubär',
  stuffed_toy: 'Herr von Bär',
  birth_hospital: 'Marienstift Nord',
} as const

/** Plain people, for tests that leave traces in the directory: `p01` to `p30`. */
const PLAIN = Array.from({ length: 30 }, (_, index) => `p${String(index + 1).padStart(2, '0')}`)

const LONG_AGO = new Date('2020-01-01T00:00:00Z')
export const oldPasswordOf = (login: string): string => `old password of ${login} 1`

const someone = (uid: string, more: Partial<Person> = {}): Person => ({
  uid,
  cn: `${uid[0]?.toUpperCase()}${uid.slice(1)} Sample`,
  password: oldPasswordOf(uid),
  passwordChangedAt: LONG_AGO,
  ...more,
})

/**
 * bob has one method, carol none, dave is locked for good, fay's account has expired, lou is locked for some minutes,
 * pat is protected, olga out of scope (`SELECTED`), adam an administrator, jose spelt with accents; dup1 and dup2 share
 * a mailbox, and mona's name is markup.
 */
const PEOPLE: readonly Person[] = [
  ...['alice', 'bob', 'carol', 'pat', 'olga', 'adam', ...PLAIN].map(uid => someone(uid)),
  someone('dave', { more: { pwdAccountLockedTime: '000001010000Z' } }),
  someone('fay', { more: { pwdEndTime: '20200101000000Z' } }),
  someone('lou', { more: { pwdAccountLockedTime: generalizedTime(new Date()) } }),
  someone('josé'),
  someone('mona', { cn: '<b>Mona</b> "Sample"', sn: 'Sample' }),
  someone('dup1', { mail: 'shared@example.test' }),
  someone('dup2', { mail: 'shared@example.test' }),
]

/** Settings under which somebody is out of scope, protected, an administrator. */
export const SELECTED = {
  scope: { kind: 'selected', groups: ['members'] },
  protectedGroups: ['protected'],
  administrators: { groups: ['admins'], notify: ['helpdesk@example.org'] },
} as const

/** The rules of a deployment, with a short list of common passwords. */
export const realRules = createPasswordRules(
  async () => createCommonPasswords(['password1234']),
  PROFILES.standard,
)

export type Victims = {
  readonly slapd: Slapd
  readonly directory: Directory
  /** Does this password open the directory? */
  binds(login: string, password: string): Promise<boolean>
  stop(): Promise<void>
}

export async function startVictims(): Promise<Victims> {
  const slapd = await startSlapd({ users: PEOPLE })
  const members = PEOPLE.filter(({ uid }) => uid !== 'olga').map(({ uid }) => personDn(uid))
  await slapd.addGroup('members', members)
  await slapd.addGroup('protected', [personDn('pat')])
  await slapd.addGroup('admins', [personDn('adam')])
  const directory = createLdapDirectory(configOf(slapd, slapd.url), systemClock)
  return {
    slapd,
    directory,
    binds: async (login, password) => (await slapd.hand.tryBind(personDn(login), password)).ok,
    async stop() {
      await directory.close()
      await slapd.stop()
    },
  }
}

export const privateMailOf = (login: string): string =>
  `${login.normalize('NFD').replace(/\W/g, '')}@private.example`

/** What `enrol` can register. */
export type Held = 'app_code' | 'email' | 'recovery_code'

/** Registers all three methods, or the named ones, and empties the mailbox. */
export async function enrol(
  world: TestWorld,
  login: string,
  methods: readonly (Held | 'security_questions')[] = ['app_code', 'email', 'recovery_code'],
): Promise<void> {
  const fields = {
    app_code: { secret: SEED },
    email: { address: privateMailOf(login) },
    recovery_code: { codes: CODES },
    security_questions: { answers: ANSWERS },
  }
  for (const method of methods) {
    const { result, text } = await importLine(
      world,
      JSON.stringify({ login, method, ...fields[method] }),
      false,
    )
    if (result !== 'imported') throw new Error(`${login} ${method}: ${text}`)
  }
  await delivered(world)
  world.sent.length = 0
}

/** Sends everything that waits in the outbox. */
export async function delivered(world: TestWorld): Promise<void> {
  while ((await deliverDue(world)) > 0);
}

/** What the authenticator of everybody here shows now. */
export function appCodeNow(world: TestWorld, seed = SEED): string {
  const context = {
    now: world.clock.now(),
    random: world.random,
    keys: world.keys,
    strict: false,
    reference: '',
  }
  return shownCode(world.methods.app_code.fromImport(context, { secret: seed }) ?? '', context.now).code
}

/** The newest code in a mailbox. */
export async function mailedCode(world: TestWorld, to: string): Promise<string> {
  await delivered(world)
  const codes = world.sent.flatMap(({ message, address }) =>
    message.kind === 'code' && address.to === to ? [message.code] : [],
  )
  return codes.at(-1) ?? 'none'
}

/** An owner passes two gates. The clock moves past the step of the app code, so that the next one works too. */
export async function passGates(world: TestWorld, reset: HeldReset, login: string): Promise<void> {
  await reset.choose('app_code')
  await reset.answer(appCodeNow(world))
  if (reset.told().state === 'proving') {
    await reset.choose('email')
    await reset.answer(await mailedCode(world, privateMailOf(login)))
  }
  world.clock.advance(60_000)
  if (reset.told().state !== 'password')
    throw new Error(`the gates are not open: ${JSON.stringify(reset.told())}`)
}

/** Everything on record, oldest first. */
export const records = (world: TestWorld) => world.store.read(tx => tx.auditRecords(0, 100_000))
export const recordNames = async (world: TestWorld): Promise<string[]> =>
  (await records(world)).map(({ name }) => name)

/** The codes that a wrong guess would be: right in form, never right. */
export const wrongCode = (right: string): string => (right === '000001' ? '000002' : '000001')
