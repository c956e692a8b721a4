// A hosted bot check on loopback, as Turnstile, hCaptcha and reCAPTCHA behave: a script with a widget in a frame, and the
// call `siteverify` that takes each solution once.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { BotCheck } from '../src/bot-check.ts'
import { createSiteverify, type HostedConfig } from '../src/bot-checks/siteverify.ts'
import { systemRandom } from '../src/lib/random.ts'
import { keysOf } from './keys.ts'

/** How it answers instead of judging. */
export type Misbehaviour = 'silent' | 'slow' | 'huge' | 'garbage' | 'redirect' | 'failing' | 'number' | null

export type HostedCheck = {
  readonly origin: string
  readonly verifyUrl: string
  readonly scriptUrl: string
  /** What each call of `siteverify` said. */
  readonly calls: Readonly<Record<string, string>>[]
  /** Paths of everything that was asked for. */
  readonly asked: string[]
  /** Laid over every good answer. */
  answer: Readonly<Record<string, unknown>>
  misbehaves: Misbehaviour
  /** Whether its script loads. */
  hasScript: boolean
  /** A fresh solution, as the widget hands it out. */
  solution(): string
  close(): Promise<void>
}

type Words = { readonly used: string; readonly wrong: string }
/** How each provider says so. */
export const WORDS: Readonly<Record<'turnstile' | 'hcaptcha' | 'recaptcha', Words>> = {
  turnstile: { used: 'timeout-or-duplicate', wrong: 'invalid-input-response' },
  hcaptcha: { used: 'already-seen-response', wrong: 'invalid-input-response' },
  recaptcha: { used: 'timeout-or-duplicate', wrong: 'invalid-input-response' },
}

export const SECRET = 'the secret of the hosted check'
export const SITE_KEY = '0x4AAAAAAA-site_key'

export async function startHostedCheck(
  words: Words = WORDS.turnstile,
  hostname = 'localhost',
): Promise<HostedCheck> {
  const { solution, judge } = createJudge(words, hostname)
  const held: ServerResponse[] = []
  const server = createServer(async (request, response) => {
    check.asked.push(request.url ?? '')
    const path = (request.url ?? '').split('?')[0]
    if (path === '/siteverify') return verify(request, response)
    if (path === '/api.js' && check.hasScript)
      return void response.setHeader('content-type', 'text/javascript').end(WIDGET_SCRIPT)
    if (path === '/solution')
      return void response.setHeader('access-control-allow-origin', '*').end(solution())
    if (path === '/frame')
      return void response.setHeader('content-type', 'text/html; charset=utf-8').end(FRAME)
    response.writeHead(404).end()
  })
  const verify = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = Object.fromEntries(new URLSearchParams(await text(request)))
    check.calls.push(call)
    const verdict = { ...judge(call), ...check.answer }
    if (check.misbehaves === 'slow') held.push(response)
    else misbehave(check.misbehaves, response, verdict)
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  const origin = `http://127.0.0.1:${port}`
  const check: HostedCheck = {
    origin,
    verifyUrl: `${origin}/siteverify`,
    scriptUrl: `${origin}/api.js`,
    calls: [],
    asked: [],
    answer: {},
    misbehaves: null,
    hasScript: true,
    solution,
    close: async () => {
      for (const response of held) response.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return check
}

/** Knows which solutions it gave out, and takes each once. */
function createJudge(words: Words, hostname: string) {
  const fresh = new Set<string>()
  const used = new Set<string>()
  let count = 0
  const no = (code: string) => ({ success: false, 'error-codes': [code] })
  return {
    solution: (): string => {
      const made = `0.solution-${++count}.${'x'.repeat(600)}`
      fresh.add(made)
      return made
    },
    judge: ({ secret, response = '' }: Readonly<Record<string, string>>): object => {
      if (secret !== SECRET) return no('invalid-input-secret')
      if (used.has(response)) return no(words.used)
      if (!fresh.delete(response)) return no(words.wrong)
      used.add(response)
      return { success: true, challenge_ts: '2026-01-01T00:00:00Z', hostname, 'error-codes': [] }
    },
  }
}

function misbehave(how: Misbehaviour, response: ServerResponse, verdict: object): void {
  const json = response.setHeader('content-type', 'application/json')
  switch (how) {
    case 'silent':
      return void response.destroy()
    case 'huge':
      return void json.end(JSON.stringify({ ...verdict, padding: 'x'.repeat(100_000) }))
    case 'garbage':
      return void json.end('<html>success: true</html>')
    case 'number':
      return void json.end('true')
    case 'redirect':
      return void response.writeHead(307, { location: '/siteverify?again' }).end()
    case 'failing':
      return void response.writeHead(502).end(JSON.stringify(verdict))
    default:
      json.end(JSON.stringify(verdict))
  }
}

/** The part of the three APIs that pages use, under the names of all three; the widget is a button in a frame. */
const WIDGET_SCRIPT = `
const home = new URL(document.currentScript.src)
const widgets = []
const api = {
  render(container, options) {
    const frame = document.createElement('iframe')
    frame.src = home.origin + '/frame'
    frame.title = 'Are you a person?'
    container.append(frame)
    addEventListener('message', ({ source, origin, data }) => {
      if (source === frame.contentWindow && origin === home.origin) options.callback(data)
    })
    widgets.push({ frame, options })
    return widgets.length - 1
  },
  reset(index) { widgets[index].frame.src = home.origin + '/frame' },
  async execute(siteKey, options) {
    const answer = await fetch(home.origin + '/solution?action=' + options.action)
    return answer.text()
  },
}
window.turnstile = window.hcaptcha = window.grecaptcha = api
const ready = home.searchParams.get('onload')
if (ready) window[ready]()
`

const FRAME = `<!doctype html><html lang="en"><title>Check</title><button>I am a person</button><script>
document.querySelector('button').onclick = async () => {
  const answer = await fetch('/solution')
  parent.postMessage(await answer.text(), '*')
}
</script></html>`

/** The product's own adapter, asking this one. */
export const hostedBotCheck = (
  check: Pick<HostedCheck, 'verifyUrl' | 'scriptUrl'>,
  change: Partial<HostedConfig> = {},
): BotCheck =>
  createSiteverify(
    {
      kind: 'turnstile',
      siteKey: SITE_KEY,
      secret: SECRET,
      minScore: null,
      sendsAddress: false,
      verifyUrl: check.verifyUrl,
      scriptUrl: check.scriptUrl,
      ...change,
    },
    { keys: keysOf('hosted'), random: systemRandom, hostname: 'localhost', note: () => undefined },
  )
