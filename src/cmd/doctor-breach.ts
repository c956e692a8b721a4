import type { Breach } from '../breach.ts'
import type { Finding } from '../directory.ts'
import { deadline, seconds } from '../lib/clock.ts'

const CHECK_MS = seconds(5)

const NAMES: Readonly<Record<Breach['kind'], string>> = {
  filter_file: 'the filter file',
  range_api: 'the range API',
}

/** Each list is asked for the password "password", which every list of the world holds. */
export const breachFindings = (breaches: readonly Breach[]): Promise<Finding[]> =>
  Promise.all(breaches.map(breachFinding))

async function breachFinding(breach: Breach): Promise<Finding> {
  const name = NAMES[breach.kind]
  try {
    return (await breach.seen('password', deadline(CHECK_MS)))
      ? { level: 'ok', text: `${name} answers, and knows what it should.` }
      : { level: 'warning', text: `${name} answers, but does not know "password": a short list.` }
  } catch (error) {
    return {
      level: 'error',
      text: `${name} cannot be used: ${error instanceof Error ? error.message : 'unknown'}.`,
    }
  }
}
