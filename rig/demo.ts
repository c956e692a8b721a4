// The demo as `npm start` runs it, in a folder of its own and with a clock that a test moves.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TOTP } from 'otpauth'
import type { DemoAccount } from '../src/demo/accounts.ts'
import { pause, seconds, systemClock } from '../src/lib/clock.ts'
import { freePortPair, tempFolder, waitForPort } from './child.ts'
import { startProgram } from './programs.ts'

export type DemoMail = {
  readonly channel: 'mail'
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly at: string
}

export type Demo = {
  readonly origin: string
  readonly folder: string
  account(login: string): Promise<DemoAccount>
  /** Newest last. */
  messages(to: string): Promise<readonly DemoMail[]>
  /** The newest mail to this address that fits, once there are more than `beyond`. Throws after ten seconds. */
  mail(to: string, fits: RegExp, beyond?: number): Promise<DemoMail>
  /** The newest code in this mailbox, once there is one that was not read before. */
  mailedCode(to: string): Promise<string>
  /** What the person's authenticator shows now, computed by a library that is not the product's. */
  appCode(login: string): Promise<string>
  /** What the person's hardware token shows now. */
  tokenCode(login: string): Promise<string>
  canSignIn(login: string, password: string): Promise<boolean>
  now(): number
  /** Moves the clock of the demo on; resolves when the demo has seen it. Nothing sleeps meanwhile. */
  passTime(ms: number): Promise<void>
  log(): string
  stop(): Promise<void>
}

const SEEN_WITHIN_MS = 10_000
const MAIL_WITHIN_MS = 10_000

/** On a line of its own. */
const CODE = /^ *(\d{6,8})$/m

export async function startDemo(): Promise<Demo> {
  const place = tempFolder('demo')
  const clockFile = join(place.path, 'clock')
  const folder = join(place.path, 'data')
  writeFileSync(clockFile, '0')
  const port = await freePortPair()
  const origin = `http://localhost:${port}`
  const env = { PORT: String(port), POSTERN_DATA: folder, POSTERN_CLOCK_FILE: clockFile }
  const child = startProgram('demo', [], env)
  await waitForPort(child, port)
  const ask = async (path: string): Promise<unknown> => (await fetch(origin + path)).json()
  const now = (): number => systemClock.now() + seconds(Number(readFileSync(clockFile, 'utf8')))
  const account = async (login: string): Promise<DemoAccount> => {
    // as: the demo's own JSON
    const found = ((await ask('/demo/accounts')) as DemoAccount[]).find(each => each.login === login)
    if (!found) throw new Error(`the demo has no ${login}`)
    return found
  }
  const messages = async (to: string): Promise<readonly DemoMail[]> =>
    (await ask(`/demo/messages?to=${encodeURIComponent(to)}`)) as DemoMail[] // as: the demo's own JSON
  const mail = async (to: string, fits: RegExp, beyond = 0): Promise<DemoMail> => {
    for (const end = systemClock.now() + MAIL_WITHIN_MS; ; await pause(50)) {
      const there = (await messages(to)).filter(({ subject, text }) => fits.test(`${subject}\n${text}`))
      const newest = there.at(-1)
      if (newest && there.length > beyond) return newest
      if (systemClock.now() > end) throw new Error(`no such mail to ${to}: ${fits}`)
    }
  }
  const read = new Map<string, number>()
  return {
    origin,
    folder,
    account,
    messages,
    mail,
    mailedCode: async to => {
      const { text } = await mail(to, CODE, read.get(to))
      read.set(to, (await messages(to)).filter(each => CODE.test(each.text)).length)
      return CODE.exec(text)?.[1] ?? ''
    },
    appCode: async login => {
      const { totp_secret: secret = '' } = await account(login)
      return new TOTP({ secret }).generate({ timestamp: now() })
    },
    tokenCode: async login => {
      const { token } = await account(login)
      return new TOTP({ secret: token?.totp_secret ?? '' }).generate({ timestamp: now() })
    },
    canSignIn: async (login, password) => {
      const asked = await fetch(`${origin}/demo/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ login, password }),
      })
      return asked.status === 200
    },
    now,
    passTime: async ms => {
      writeFileSync(clockFile, String((now() - systemClock.now() + ms) / 1_000))
      // A bot check says until when it is good, and so what time the demo thinks it is.
      for (const end = systemClock.now() + SEEN_WITHIN_MS; ; await pause(50)) {
        const { expires_at: until, expires_in: life } = (await ask('/api/v1/bot-check')) as BotCheckTimes // as: our API
        if (Math.abs(Date.parse(until) - seconds(life) - now()) < seconds(5)) return
        if (systemClock.now() > end) throw new Error('the demo does not see its clock move')
      }
    },
    log: () => child.log(),
    stop: async () => {
      await child.stop()
      place.remove()
    },
  }
}

type BotCheckTimes = { readonly expires_at: string; readonly expires_in: number }
