import type { Account } from '../account.ts'
import { subjectOf } from '../actions/subject.ts'
import type { World } from '../actions/world.ts'
import type { Enrollment } from '../enrollment.ts'
import { deadline } from '../lib/clock.ts'
import type { MethodName } from '../method.ts'
import { readTotp } from '../methods/totp.ts'
import { SAMPLE_PEOPLE, type SamplePerson } from './people.ts'

/** What a tester needs of a sample account; the JSON of `GET /demo/accounts` (`design/api.md`). */
export type DemoAccount = {
  readonly login: string
  readonly display_name: string
  readonly password: string
  readonly groups: readonly string[]
  readonly about: string
  readonly mail: readonly string[]
  readonly methods: readonly {
    readonly name: MethodName
    readonly address?: string
    readonly totp_secret?: string
    readonly recovery_codes?: readonly string[]
    readonly answers?: Readonly<Record<string, string>>
  }[]
  /** The private address that codes go to. */
  readonly email?: string
  /** Of the app that was added last. */
  readonly totp_secret?: string
  readonly recovery_codes?: readonly string[]
  /** Present while it is assigned; it counts once its owner has activated it. */
  readonly token?: { readonly serial: string; readonly totp_secret: string }
  /** To security questions, by topic; absent, too, where the person has registered others since. */
  readonly answers?: Readonly<Record<string, string>>
}

export type Passwords = { lastOf(ref: Account['ref']): string | null }

export async function demoAccounts(world: World, passwords: Passwords): Promise<DemoAccount[]> {
  const found = await Promise.all(SAMPLE_PEOPLE.map(sample => demoAccount(world, passwords, sample)))
  return found.filter(account => account !== null)
}

async function demoAccount(
  world: World,
  passwords: Passwords,
  sample: SamplePerson,
): Promise<DemoAccount | null> {
  const account = await world.directories[0]?.find(sample.login, deadline(5_000))
  if (!account) return null
  const enrollments = await world.store.read(tx => tx.enrollments.of(subjectOf(world.keys, account.ref)))
  const codes = enrollments.flatMap(enrollment => unusedCodes(world, sample, enrollment))
  const address = enrollments.find(({ method }) => method === 'email')?.secret
  const app = enrollments
    .filter(({ method }) => method === 'app_code')
    .toSorted((one, other) => (one.confirmedAt ?? 0) - (other.confirmedAt ?? 0))
    .at(-1)
  return {
    login: sample.login,
    display_name: account.displayName,
    password: passwords.lastOf(account.ref) ?? sample.password,
    groups: account.groups,
    about: sample.about,
    mail: account.mail,
    methods: enrollments.map(enrollment => ({
      name: enrollment.method,
      ...secretsOf(sample, enrollment, codes),
    })),
    ...(address === undefined ? {} : { email: address }),
    ...(app ? { totp_secret: readTotp(app.secret).seed } : {}),
    ...(codes.length > 0 ? { recovery_codes: codes } : {}),
    ...(sample.token && enrollments.some(({ method }) => method === 'hardware_code')
      ? { token: { serial: sample.token.serial, totp_secret: sample.token.secret } }
      : {}),
    ...(enrollments.some(hasSampleAnswers) ? { answers: sample.answers } : {}),
  }
}

const hasSampleAnswers = ({ method, source }: Enrollment): boolean =>
  method === 'security_questions' && source === 'import'

function secretsOf(sample: SamplePerson, enrollment: Enrollment, codes: readonly string[]) {
  const { method, secret } = enrollment
  if (hasSampleAnswers(enrollment)) return { answers: sample.answers }
  if (method === 'email') return { address: secret }
  if (method === 'recovery_code') return { recovery_codes: codes }
  if (method === 'hardware_code') return { totp_secret: sample.token?.secret ?? '' }
  return method === 'app_code' ? { totp_secret: readTotp(secret).seed } : {}
}

/** Used codes are left out: each of the sample's codes is tried against what is still stored, and nothing is saved. */
function unusedCodes(world: World, sample: SamplePerson, { method, secret }: Enrollment): string[] {
  if (method !== 'recovery_code') return []
  const context = {
    now: world.clock.now(),
    random: world.random,
    keys: world.keys,
    strict: false,
    reference: '',
  }
  return sample.recoveryCodes.filter(
    code =>
      world.methods.recovery_code.judge(context, secret, '', { kind: 'code', code }).verdict === 'passed',
  )
}
