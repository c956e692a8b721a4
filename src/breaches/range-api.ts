import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { type Breach, BreachError } from '../breach.ts'
import { deadline } from '../lib/clock.ts'
import { guardedLookup, isForbiddenHost } from '../lib/outbound.ts'
import { sha1 } from './digest.ts'

export type RangeApi = {
  /** https, without query; the five characters are put behind its path. */
  readonly url: string
  /** PEM of a private authority, in place of those of the system. */
  readonly ca: string | undefined
  /** Hosts that may be private addresses (`outbound.allow_private`). */
  readonly allowPrivate: readonly string[]
}

const ANSWER_MS = 1_500
/** A padded answer holds 800 to 1,000 lines, some 40 kB; ten times as many are still taken. */
const ANSWER_BYTES_MAX = 400_000
/** Whoever waits behind these still has no more than `ANSWER_MS`. */
const CONNECTIONS_MAX = 16
const PREFIX = 5
/** The other 35 characters, and how often they were seen; 0 is padding. */
const LINE = /^([0-9A-F]{35}):(\d{1,10})$/

/**
 * Asks a range API (k-anonymity, as Have I Been Pwned version 3 describes it) by the first five characters of the
 * SHA-1 digest and finds the rest in the answer here. `Add-Padding` keeps the length of the answer from telling which
 * range it was. No redirect is followed and no answer but a whole and well-formed one counts.
 */
export function createRangeApi({ url, ca, allowPrivate }: RangeApi): Breach {
  const base = new URL(url)
  const agent = new Agent({
    maxSockets: CONNECTIONS_MAX,
    lookup: guardedLookup(allowPrivate),
    ...(ca ? { ca } : {}),
  })
  return {
    kind: 'range_api',
    async seen(password, signal) {
      const digest = sha1(password).toString('hex').toUpperCase()
      if (isForbiddenHost(base.hostname, allowPrivate)) throw new BreachError('its address is a private one')
      const address = new URL(`${base.pathname.replace(/\/$/, '')}/${digest.slice(0, PREFIX)}`, base)
      const answer = await ask(address, agent, deadline(ANSWER_MS, signal))
      return countIn(answer, digest.slice(PREFIX)) > 0
    },
    close: async () => agent.destroy(),
  }
}

/** The whole body of a 200. What is thrown names neither the range nor anything of the answer. */
async function ask(address: URL, agent: Agent, signal: AbortSignal): Promise<string> {
  try {
    signal.throwIfAborted()
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'add-padding': 'true', accept: 'text/plain', 'user-agent': 'postern' }
      request(address, { agent, signal, headers, rejectUnauthorized: true })
        .on('response', resolve)
        .on('error', reject)
        .end()
    })
    if (response.statusCode !== 200) {
      response.destroy()
      throw new BreachError(`it answered ${response.statusCode}, not 200`)
    }
    return await bodyOf(response)
  } catch (cause) {
    if (cause instanceof BreachError) throw cause
    throw new BreachError(signal.aborted ? 'it did not answer in time' : 'it could not be asked', cause)
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    // No encoding was set, so that parts are buffers.
    bytes += part.length
    if (bytes > ANSWER_BYTES_MAX) {
      response.destroy()
      throw new BreachError('its answer is too long')
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString('latin1')
}

/** An answer with a line of any other form is no answer: half of one would be a no that nobody gave. */
function countIn(answer: string, rest: string): number {
  let count = 0
  for (const line of answer.trimEnd().split(/\r?\n/)) {
    const [, suffix, times] = LINE.exec(line) ?? []
    if (suffix === undefined) throw new BreachError('its answer is no list of a range')
    if (suffix === rest) count += Number(times)
  }
  return count
}
