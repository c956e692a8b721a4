import { days, type Instant } from '../lib/clock.ts'

/** A sample account. Nobody real: the names are plainly samples, the addresses lie in reserved domains (RFC 2606). */
export type SamplePerson = {
  readonly login: string
  readonly displayName: string
  readonly password: string
  readonly groups: readonly string[]
  readonly recoveryMail: string | null
  readonly totpSecret: string | null
  readonly recoveryCodes: readonly string[]
  /** Assigned, and waiting for its owner to activate it. */
  readonly token: { readonly serial: string; readonly secret: string } | null
  /** To security questions, by topic. */
  readonly answers: Readonly<Record<string, string>>
  readonly administrator?: true
  readonly state?: 'expired_password' | 'locked' | 'disabled'
  readonly about: string
}

/** Fixed, so that a demo is the same every time (decisions 7.10). */
const CODES = {
  alice: [
    'ALICEAAAAAAAAAA2',
    'ALICEBBBBBBBBBB3',
    'ALICECCCCCCCCCC4',
    'ALICEDDDDDDDDDD5',
    'ALICEEEEEEEEEEE6',
    'ALICEFFFFFFFFFF7',
  ],
  eve: ['EVEAAAAAAAAAAAA2', 'EVEBBBBBBBBBBBB3', 'EVECCCCCCCCCCCC4'],
  adam: ['ADAMAAAAAAAAAAA2', 'ADAMBBBBBBBBBBB3', 'ADAMCCCCCCCCCCC4'],
  una: ['UNAAAAAAAAAAAAA2', 'UNABBBBBBBBBBBB3', 'UNACCCCCCCCCCCC4'],
} as const

const person = (
  login: string,
  displayName: string,
  rest: Partial<SamplePerson> & { about: string },
): SamplePerson => ({
  login,
  displayName,
  password: `Sample-${login}-before-1`,
  groups: ['staff'],
  recoveryMail: `${login}@private.example`,
  totpSecret: null,
  recoveryCodes: [],
  token: null,
  answers: {},
  ...rest,
})

const ANSWERS = {
  alice: {
    first_pet: 'Captain Whiskers',
    first_street: 'Lighthouse Lane',
    childhood_nickname: 'Little Fox',
    stuffed_toy: 'Mister Patch',
    favourite_food: 'Plum dumplings',
  },
  una: {
    first_pet: 'Bran the Brave',
    first_school: 'Gaelscoil na Trá',
    childhood_hero: 'Gráinne Mhaol',
    first_car: 'Red Ford Anglia',
    birth_hospital: 'Cottage by the Sea',
  },
} as const

const TOTP = {
  alice: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  bob: 'GEZDGNBVGY3TQOJQMJXWEMJSGM2DKNRX',
  eve: 'GEZDGNBVGY3TQOJQMV3GKMJSGM2DKNRX',
  lou: 'GEZDGNBVGY3TQOJQNRXXKMJSGM2DKNRX',
  una: 'GEZDGNBVGY3TQOJQOVXGCMJSGM2DKNRX',
  adam: 'GEZDGNBVGY3TQOJQMFSGC3JRGIZTINJW',
  dave: 'GEZDGNBVGY3TQOJQMRQXMZJRGIZTINJW',
} as const

export const SAMPLE_PEOPLE: readonly SamplePerson[] = [
  person('alice', 'Alice Sample', {
    totpSecret: TOTP.alice,
    recoveryCodes: CODES.alice,
    answers: ANSWERS.alice,
    token: { serial: 'DEMO-0001', secret: 'GEZDGNBVGY3TQOJQORXWWZLOGM2DKNRX' },
    about: 'app, private mail, recovery codes, security questions, and a token that waits for activation',
  }),
  person('bob', 'Bob Sample', {
    totpSecret: TOTP.bob,
    recoveryMail: null,
    about: 'one method only: a mail explains, to the work mailbox',
  }),
  person('carol', 'Carol Sample', { recoveryMail: null, about: 'nothing registered at first' }),
  person('dave', 'Dave Sample', { totpSecret: TOTP.dave, state: 'disabled', about: 'account disabled' }),
  person('eve', 'Eve Sample', {
    totpSecret: TOTP.eve,
    recoveryCodes: CODES.eve,
    state: 'expired_password',
    about: 'password expired',
  }),
  person('lou', 'Lou Sample', { totpSecret: TOTP.lou, state: 'locked', about: 'locked by wrong passwords' }),
  person('adam', 'Adam Sample', {
    totpSecret: TOTP.adam,
    recoveryCodes: CODES.adam,
    groups: ['staff', 'administrators'],
    administrator: true,
    about: 'administrator',
  }),
  person('una', 'Úna Ní Shámpla', {
    totpSecret: TOTP.una,
    recoveryCodes: CODES.una,
    answers: ANSWERS.una,
    about: 'a name with accents',
  }),
]

export const SAMPLE_DOMAIN = 'sample.example'
export const ADMINISTRATORS = 'administrators'

/** Times of a sample account, seen from `now`. */
export const sampleTimes = (now: Instant) => ({
  changedAt: now - days(90),
  expiredAt: now - days(1),
  lockedUntil: now + days(365),
})
