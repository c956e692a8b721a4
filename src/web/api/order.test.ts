// Steps out of order, proofs in the wrong place, tokens in the wrong hand (FLW-01, FLW-02, FLW-09, FLW-10, FLW-15, TOK-06,
// TOK-13, SES-03, SES-07, PRV-04).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, type HeldReset, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { personDn } from '../../../rig/slapd.ts'
import {
  appCodeNow,
  CODES,
  enrol,
  mailedCode,
  oldPasswordOf,
  passGates,
  privateMailOf,
  records,
  startVictims,
  type Victims,
} from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { importLine } from '../../actions/enroll.ts'

const NEW = 'a quite new sentence 4711'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
let held: { readonly written: Promise<void>; readonly release: () => void } | null

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  held = null
  const { directory } = victims
  const setPassword: typeof directory.setPassword = async (...call) => {
    await held?.written
    return directory.setPassword(...call)
  }
  world = await testWorld([{ ...directory, setPassword }])
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

function holdWrites(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  held = { written: promise, release: resolve }
  return resolve
}

let passwords = 0
/** None is in anybody's history. */
function another(): string {
  passwords += 1
  return `a quite new sentence ${passwords}`
}

type Step = 'choose' | 'answer' | 'password' | 'extend'
const STEPS: Readonly<Record<Step, (reset: HeldReset) => Promise<Answer>>> = {
  choose: reset => reset.choose('recovery_code'),
  answer: reset => reset.answer('AAAAAAAAAAAAAAAA'),
  password: reset => reset.password(another()),
  extend: reset => reset.extend(),
}

/** How a reset gets there. */
const STATES: Readonly<Record<string, (login: string) => Promise<HeldReset>>> = {
  'just started': login => portal.start(login),
  'with a challenge': async login => {
    const reset = await portal.start(login)
    await reset.choose('recovery_code')
    return reset
  },
  'between two gates': async login => {
    const reset = await portal.start(login)
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    return reset
  },
  'at the password': async login => {
    const reset = await portal.start(login)
    await passGates(world, reset, login)
    return reset
  },
  done: async login => {
    const reset = await portal.start(login)
    await passGates(world, reset, login)
    await reset.password(another())
    return reset
  },
  cancelled: async login => {
    const reset = await portal.start(login)
    await reset.cancel()
    return reset
  },
  'of nobody': () => portal.start('zz999'),
}

const MATRIX: readonly [state: keyof typeof STATES & string, answers: Readonly<Record<Step, number>>][] = [
  ['just started', { choose: 201, answer: 409, password: 409, extend: 200 }],
  ['with a challenge', { choose: 201, answer: 422, password: 409, extend: 200 }],
  ['between two gates', { choose: 201, answer: 409, password: 409, extend: 200 }],
  ['at the password', { choose: 409, answer: 409, password: 200, extend: 200 }],
  ['done', { choose: 409, answer: 409, password: 200, extend: 409 }],
  ['cancelled', { choose: 409, answer: 409, password: 200, extend: 409 }],
  ['of nobody', { choose: 201, answer: 409, password: 409, extend: 200 }],
]

describe('a step', () => {
  let person = 0
  it.each(MATRIX)('of a reset that is %s', async (state, answers) => {
    person += 1
    const login = `p${String(person).padStart(2, '0')}`
    await enrol(world, login)
    for (const [step, status] of Object.entries(answers) as [Step, number][]) {
      const reset = await (STATES[state] ?? STATES['done'])?.(login)
      if (!reset) throw new Error('no such state')
      const before = (await records(world)).length
      const answer = await STEPS[step](reset)
      expect([step, answer.status]).toEqual([step, status])
      if (status === 409) expect((await records(world)).length).toBe(before + 1)
      world.clock.advance(3_600_000)
    }
    // Only these two ever wrote.
    const isWritten = state === 'done' || state === 'at the password'
    expect(await victims.binds(login, oldPasswordOf(login))).toBe(!isWritten)
  })

  it('of a reset that is being written waits, or is refused, and never gives it up', async () => {
    await enrol(world, 'p10')
    const reset = await portal.start('p10')
    await passGates(world, reset, 'p10')
    const release = holdWrites()
    const first = reset.password(NEW)
    while ((await reset.get()).told.state !== 'writing');
    expect((await reset.choose('email')).status).toBe(409)
    expect((await reset.answer('000000')).status).toBe(409)
    expect((await reset.extend()).status).toBe(409)
    await reset.cancel()
    expect((await reset.get()).told.state).toBe('writing')
    const second = reset.password('another password 4711')
    release()
    for (const answer of await Promise.all([first, second])) expect(answer.told.state).toBe('done')
    expect(await victims.binds('p10', NEW)).toBe(true)
  })

  it('changes nothing about the account before the last gate', async () => {
    await enrol(world, 'p11')
    const entry = () => victims.slapd.hand.read(personDn('p11'), ['*', '+', 'modifyTimestamp', 'entryCSN'])
    const before = JSON.stringify(await entry())
    const reset = await portal.start('p11')
    await reset.choose('app_code')
    await reset.answer('000000')
    await reset.answer(appCodeNow(world))
    await reset.choose('email')
    await reset.answer(await mailedCode(world, privateMailOf('p11')))
    expect(reset.told().state).toBe('password')
    expect(JSON.stringify(await entry())).toBe(before)
  })
})

describe('a proof', () => {
  it('is bound to its reset, its person and its goal', async () => {
    for (const login of ['p12', 'p13']) await enrol(world, login, ['email', 'app_code'])
    const line = { login: 'p13', method: 'recovery_code', codes: ['ZZZZZZZZZZZZZZZZ'] }
    await importLine(world, JSON.stringify(line), false)
    await importLine(world, JSON.stringify({ ...line, login: 'p12', codes: CODES }), false)
    const own = await portal.start('p12')
    await own.choose('email')
    const code = await mailedCode(world, privateMailOf('p12'))
    world.clock.advance(61_000)
    const elsewhere = [
      await portal.start('p12', {}, '192.0.2.2'),
      await portal.start('p13'),
      await portal.start('p12', { goal: 'unlock' }, '192.0.2.3'),
    ]
    for (const reset of elsewhere) {
      world.clock.advance(241_000)
      await reset.choose('email')
      expect((await reset.answer(code)).status).toBe(422)
    }
    const other = await portal.start('p13')
    await other.choose('recovery_code')
    expect((await other.answer(CODES[0])).status).toBe(422)
    await own.choose('app_code')
    expect((await own.answer(code)).status).toBe(422)
  })

  it('of an unlock unlocks, and sets no password', async () => {
    await enrol(world, 'lou')
    const reset = await portal.start('lou', { goal: 'unlock' })
    await passGates(world, reset, 'lou')
    expect((await reset.password(NEW)).status).toBe(400)
    expect(await victims.binds('lou', oldPasswordOf('lou'))).toBe(false)
    expect((await reset.password()).told.state).toBe('done')
    expect(await victims.binds('lou', oldPasswordOf('lou'))).toBe(true)
  })
})

describe('a token', () => {
  it('opens its own reset, from its own header, and nothing else', async () => {
    await enrol(world, 'p14')
    const mine = await portal.start('p14')
    const other = await portal.start('alice')
    const path = `/api/v1/resets/${mine.id()}`
    const wrong = [
      {},
      { authorization: `Bearer ${other.token()}` },
      { authorization: `Bearer ${mine.token()}x` },
      { authorization: `Bearer ${mine.token().slice(0, -1)}` },
      { authorization: `Basic ${mine.token()}` },
      { authorization: 'Bearer null' },
      { cookie: `postern-reset=${mine.id()}.${mine.token()}` },
      { 'x-authorization': `Bearer ${mine.token()}` },
    ]
    const said: Answer[] = []
    for (const headers of wrong) said.push(await portal.ask(path, { headers }))
    said.push(await portal.ask(`${path}?token=${mine.token()}`))
    said.push(await portal.ask(`${path}/`, { headers: { authorization: `Bearer ${mine.token()}` } }))
    said.push(await portal.ask('/api/v1/resets/AAAAAAAAAAAAAAAAAAAAAA', { headers: wrong[1] ?? {} }))
    const foreign = { authorization: `Bearer ${other.token()}` }
    for (const [method, step, body] of [
      ['POST', '/challenges', { method: 'x' }],
      ['POST', '/answers', { code: '1' }],
      ['POST', '/password', { password: NEW }],
      ['POST', '/extensions', {}],
      ['DELETE', '', undefined],
    ] as const)
      said.push(await portal.ask(path + step, { method, body, headers: foreign }))
    for (const answer of said) expect([answer.status, answer.text]).toEqual([404, said[0]?.text])
    expect((await mine.get()).status).toBe(200)
    expect(mine.id()).toMatch(/^[\w-]{22}$/)
    expect(mine.token()).toMatch(/^[\w-]{43}$/)
  })

  it('is shown once, codes and addresses never', async () => {
    await enrol(world, 'p15')
    const reset = await portal.start('p15')
    const said = [await reset.choose('app_code'), await reset.answer(appCodeNow(world)), await reset.get()]
    said.push(await reset.choose('email'))
    const code = await mailedCode(world, privateMailOf('p15'))
    said.push(await reset.answer('000000'), await reset.get(), await reset.answer(code), await reset.get())
    said.push(await reset.password(NEW), await reset.get())
    for (const { text, rawHeaders } of said)
      for (const secret of [
        reset.token(),
        code,
        'private.example',
        'example.test',
        NEW,
        'JBSWY3DP',
        CODES[0],
      ])
        expect(text + rawHeaders.join()).not.toContain(secret)
  })

  it('and whatever else a request says of the person has no say', async () => {
    await enrol(world, 'p16')
    const nobody = await portal.start('zz999')
    await nobody.choose('app_code')
    const answer = await portal.ask(
      `/api/v1/resets/${nobody.id()}/answers?login=p16&account=p16&gates_passed=2&subject=p16`,
      {
        method: 'POST',
        body: { code: appCodeNow(world) },
        headers: {
          authorization: `Bearer ${nobody.token()}`,
          'x-user': 'p16',
          'x-forwarded-user': 'p16',
          'x-gates-passed': '2',
          cookie: 'login=p16; postern-known=p16; gates=2',
        },
      },
    )
    expect(answer.status).toBe(422)
    expect((await nobody.get()).told.gates?.passed).toBe(0)
  })
})
