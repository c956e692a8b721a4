import type { HostedKind } from '../bot-check.ts'
import type { HostedConfig } from '../bot-checks/siteverify.ts'
import type { ConfigFiles } from './config-files.ts'
import { isLoopback } from './config-network.ts'
import type { RawBotCheck } from './config-schema.ts'
import { malformedKey, missingKey } from './config-sentences.ts'
import type { BotCheckConfig } from './config-types.ts'

const HOSTED_ONLY = [
  'site_key',
  'secret_file',
  'min_score',
  'client_address',
  'verify_url',
  'script_url',
] as const satisfies readonly (keyof RawBotCheck)[]

/** What is wrong with it goes to `files.mistakes`; absent, it is our own proof of work. */
export function readBotCheck(raw: RawBotCheck = { kind: 'altcha' }, files: ConfigFiles): BotCheckConfig {
  const { kind } = raw
  if (kind !== 'altcha' && kind !== 'none') return readHosted({ ...raw, kind }, files)
  if (kind === 'none') files.warnings.push('bot_check is none: machines pay nothing for a try.')
  for (const key of HOSTED_ONLY) {
    if (raw[key] !== undefined) files.mistakes.push(`bot_check.${key} has no meaning for the kind ${kind}.`)
  }
  return { kind }
}

function readHosted(raw: RawBotCheck & { readonly kind: HostedKind }, files: ConfigFiles): HostedConfig {
  const { kind, site_key: siteKey, secret_file: secretFile, min_score: minScore } = raw
  for (const key of ['site_key', 'secret_file'] as const) {
    if (raw[key] === undefined) files.mistakes.push(missingKey(['bot_check', key]))
  }
  if (kind !== 'recaptcha' && minScore !== undefined)
    files.mistakes.push(`bot_check.min_score has no meaning for the kind ${kind}.`)
  for (const key of ['verify_url', 'script_url'] as const) {
    if (raw[key] !== undefined && !isPrivateWay(raw[key]))
      files.mistakes.push(malformedKey(['bot_check', key]))
  }
  return {
    kind,
    siteKey: siteKey ?? '',
    secret: secretFile === undefined ? '' : files.secret('bot_check.secret_file', secretFile),
    minScore: minScore ?? null,
    sendsAddress: raw.client_address === 'sent',
    verifyUrl: raw.verify_url ?? null,
    scriptUrl: raw.script_url ?? null,
  }
}

/** The secret goes to one of them and code comes from the other: https, or this machine alone. */
function isPrivateWay(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || url.username || url.password || url.hash) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}
