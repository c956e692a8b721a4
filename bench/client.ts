// A client of the API that resets passwords as fast as it is answered, and keeps the time of each step.
import { Agent, request } from 'node:http'
import { shownCode } from '../src/methods/totp.ts'
import type { BenchPerson } from './prepare.ts'

type StepName = 'start' | 'challenge' | 'answer' | 'code' | 'answer 2' | 'password'
export type Times = Map<string, number[]>

type Answer = {
  status: number
  body: {
    id: string
    token: string
    state: string
    methods: { id: string; name: string }[]
    challenge?: { method: string }
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

function call(
  port: number,
  method: string,
  path: string,
  source: string,
  body?: object,
  token?: string,
): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    host: `localhost:${port}`,
    'x-forwarded-for': source,
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent }, answer => {
      const parts: Buffer[] = []
      answer.on('data', part => parts.push(part))
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(parts).toString() || '{}'),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(text)
  })
}

/** One complete reset: start, app code, the second proof, password. Throws where an answer is not the one expected. */
export async function resetOnce(
  port: number,
  person: BenchPerson,
  botCheck: string,
  source: string,
  times: Times,
): Promise<void> {
  const timed: Timed = async (step, expected, run) => {
    const answer = await stopped(times, step, run)
    if (answer.status > 201 || answer.body.state !== expected)
      throw new Error(`${step}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const started = await timed('start', 'proving', () =>
    call(port, 'POST', '/api/v1/resets', source, { login: person.login, bot_check: botCheck }),
  )
  const { id, token } = started
  const at = `/api/v1/resets/${id}`
  const app = started.methods.find(({ name }) => name === 'app_code')?.id
  await timed('challenge', 'proving', () =>
    call(port, 'POST', `${at}/challenges`, source, { method: app }, token),
  )
  const first = await timed('answer', 'proving', () =>
    call(port, 'POST', `${at}/answers`, source, { code: codeOf(person.seed) }, token),
  )
  const [second] = first.methods
  const code =
    second?.name === 'email'
      ? await mailedCode(port, at, person, second.id, source, token, timed)
      : person.code
  await timed('answer 2', 'password', () => call(port, 'POST', `${at}/answers`, source, { code }, token))
  await timed('password', 'done', () =>
    call(port, 'POST', `${at}/password`, source, { password: `bench password of ${person.seed}` }, token),
  )
}

/** What an app with this seed shows now. */
export const codeOf = (seed: string): string =>
  shownCode(JSON.stringify({ seed, algorithm: 'SHA1', digits: 6, period: 30, last: -1 }), Date.now()).code

/** Notes how long it took. */
export async function stopped<T>(times: Times, step: string, run: () => Promise<T>): Promise<T> {
  const from = performance.now()
  const answer = await run()
  const known = times.get(step) ?? []
  known.push(performance.now() - from)
  times.set(step, known)
  return answer
}

type Timed = (step: StepName, expected: string, run: () => Promise<Answer>) => Promise<Answer['body']>

async function mailedCode(
  port: number,
  at: string,
  person: BenchPerson,
  option: string,
  source: string,
  token: string,
  timed: Timed,
): Promise<string> {
  await timed('code', 'proving', () =>
    call(port, 'POST', `${at}/challenges`, source, { method: option }, token),
  )
  for (;;) {
    const answer = await call(port, 'GET', `/bench/code?to=${encodeURIComponent(person.address)}`, source)
    const { code } = answer.body as unknown as { code: string | null } // the bench server's own answer
    if (code) return code
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

export const get = (port: number, path: string): Promise<Answer> => call(port, 'GET', path, '127.0.0.1')
