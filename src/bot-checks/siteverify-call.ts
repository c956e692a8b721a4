import { deadline, seconds } from '../lib/clock.ts'

/** The person waits for this. */
const CALL_MS = seconds(5)

/** An answer has a few hundred bytes. */
const ANSWER_BYTES_MAX = 16 * 1024

/** The fields that the three providers share; what is not of its kind counts as absent. */
export type Judgement = {
  readonly success: boolean
  readonly hostname: string | null
  readonly action: string | null
  readonly score: number | null
  readonly errors: readonly string[]
}

/** Why there is no judgement. `silent`: it did not answer in time or at all, or with an error of its own (5xx). */
export type NoJudgement = 'silent' | 'unreadable'

/** One POST to a provider. Follows no redirect, waits 5 s, reads 16 KiB, throws nothing. */
export async function callSiteverify(
  url: string,
  fields: Readonly<Record<string, string>>,
  ms = CALL_MS,
): Promise<Judgement | NoJudgement> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { accept: 'application/json' },
      // A provider has no reason to send us, and the secret, elsewhere.
      redirect: 'manual',
      signal: deadline(ms),
    })
    if (answer.status >= 500) return await without(answer, 'silent')
    if (answer.status >= 300 && answer.status < 400) return await without(answer, 'unreadable')
    const text = await readAtMost(answer, ANSWER_BYTES_MAX)
    return text === null ? 'unreadable' : readJudgement(text)
  } catch {
    return 'silent'
  }
}

async function without(answer: Response, why: NoJudgement): Promise<NoJudgement> {
  await answer.body?.cancel()
  return why
}

/** Null where it is longer. */
async function readAtMost({ body }: Response, bytesMax: number): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    // Leaving the loop ends the connection.
    if (bytes > bytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readJudgement(text: string): Judgement | 'unreadable' {
  const fields = objectIn(text)
  if (typeof fields?.['success'] !== 'boolean') return 'unreadable'
  const { success, hostname, action, score } = fields
  const errors = fields['error-codes']
  return {
    success,
    hostname: typeof hostname === 'string' ? hostname.toLowerCase() : null,
    action: typeof action === 'string' ? action : null,
    score: typeof score === 'number' ? score : null,
    errors: Array.isArray(errors) ? errors.filter(each => typeof each === 'string') : [],
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}
