import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { normaliseAddress } from '../account.ts'
import type { Help } from '../help.ts'
import { PROFILES } from '../settings.ts'
import { readApplications } from './config-applications.ts'
import { readBotCheck } from './config-bot-check.ts'
import { readBreach } from './config-breach.ts'
import { readDirectories } from './config-directories.ts'
import { type Environment, unknownNames, withEnvironment } from './config-env.ts'
import { ConfigFiles } from './config-files.ts'
import { isCidr, isLoopback, parseListen } from './config-network.ts'
import { readOidc } from './config-oidc.ts'
import { readPasskeys } from './config-passkeys.ts'
import { deploymentSchema, type RawDeployment } from './config-schema.ts'
import { malformedKey, missingKey, sentencesFor } from './config-sentences.ts'
import type { Deployment, Mail, Storage } from './config-types.ts'
import { readYaml } from './config-yaml.ts'
import { readKeyFile } from './key-file.ts'

export type { Deployment } from './config-types.ts'

const LISTEN_DEFAULT = '127.0.0.1:8080'
const DATABASE_FILE = 'postern.db'
const MAIL_PORTS = { starttls: 587, implicit: 465 } as const

export type ReadDeployment =
  | { readonly ok: true; readonly deployment: Deployment }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/**
 * Reads the deployment file (decisions 7.3), lays the environment over it, reads the files it names, and checks
 * everything at once: one sentence per mistake. Without a file everything comes from the environment. Throws nothing.
 */
export function readDeployment(path: string | null, env: Environment): ReadDeployment {
  const document = path === null ? { ok: true as const, value: {} } : readYaml(path, 'deployment file')
  if (!document.ok) return document
  const { raw, mistakes } = checkKinds(withEnvironment(deploymentSchema, document.value, env))
  const files = new ConfigFiles(path === null ? process.cwd() : dirname(resolve(path)))
  files.mistakes.push(...mistakes)
  files.warnings.push(
    ...unknownNames(deploymentSchema, env).map(name => `The environment sets ${name}, which names no key.`),
  )
  if (hasPassword(env['POSTERN_DATABASE_URL'])) {
    files.mistakes.push(
      'POSTERN_DATABASE_URL holds a password: name a file by POSTERN_DATABASE_URL_FILE instead.',
    )
  }
  const deployment = build(raw, files, path)
  // A key of the wrong kind is told once, not again as missing.
  const told = [...new Set(files.mistakes)].filter(sentence => {
    const key = /^(\w+) is missing/.exec(sentence)?.[1]
    return !key || !mistakes.some(other => new RegExp(`^${key}\\b(?! is missing)`).test(other))
  })
  return told.length > 0 ? { ok: false, mistakes: told } : { ok: true, deployment }
}

/** Each key by itself, so that one mistake does not hide another. */
function checkKinds(document: unknown): { raw: RawDeployment; mistakes: string[] } {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return {
      raw: {},
      mistakes: ['The deployment file must hold keys and values, such as public_url: https://…'],
    }
  }
  const whole = deploymentSchema.safeParse(document, { reportInput: true })
  if (whole.success) return { raw: whole.data, mistakes: [] }
  const wrong = new Set(whole.error.issues.map(issue => String(issue.path[0] ?? '')))
  const rest = Object.entries(document).filter(
    ([key]) => Object.hasOwn(deploymentSchema.shape, key) && !wrong.has(key),
  )
  const raw = deploymentSchema.parse(Object.fromEntries(rest))
  return { raw, mistakes: sentencesFor(whole.error, []) }
}

function build(raw: RawDeployment, files: ConfigFiles, path: string | null): Deployment {
  const say = (sentence: string) => files.mistakes.push(sentence)
  for (const key of ['public_url', 'key_file', 'help', 'mail', 'directories'] as const) {
    if (raw[key] === undefined) say(missingKey([key]))
  }
  const tls = readTls(raw, files)
  const publicUrl = readPublicUrl(raw.public_url, say)
  const ring = raw.key_file === undefined ? null : readKeyFile(files.path(raw.key_file))
  if (ring && !ring.ok) files.mistakes.push(...ring.mistakes)
  return {
    publicUrl,
    listen: readListen(raw, tls !== null, say),
    tls,
    trustedProxies: readProxies(raw, say),
    storage: readStorage(raw, files, path),
    keyFile: files.path(raw.key_file ?? ''),
    ring: ring?.ok ? ring.ring : [],
    profile: PROFILES[raw.profile ?? 'standard'],
    help: readHelp(raw, say),
    mail: readMail(raw, files),
    botCheck: readBotCheck(raw.bot_check, files),
    directories: readDirectories(raw.directories ?? [], files),
    breach: readBreach(raw, files),
    oidc: readOidc(raw, files),
    passkeys: readPasskeys(raw, publicUrl, files),
    applications: readApplications(raw, files),
    outbound: { allowPrivate: raw.outbound?.allow_private ?? [] },
    warnings: files.warnings,
  }
}

type Say = (sentence: string) => void

function readPublicUrl(text: string | undefined, say: Say): string {
  if (text === undefined) return ''
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== '/' ||
    url.search ||
    url.hash ||
    url.username
  ) {
    say('public_url must be an address without a path, such as https://reset.example.org.')
  } else if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    say('public_url must begin with https: people type passwords there; http is for localhost only.')
  }
  return url?.origin ?? ''
}

function readTls(raw: RawDeployment, files: ConfigFiles): Deployment['tls'] {
  if (!raw.tls) return null
  const { cert_file, key_file } = raw.tls
  files.pair({ key: 'tls.cert_file', name: cert_file }, { key: 'tls.key_file', name: key_file })
  return { certFile: files.path(cert_file), keyFile: files.path(key_file) }
}

/** Plain HTTP is for this machine, or for a proxy that is named (decisions 7.3). */
function readListen(raw: RawDeployment, hasTls: boolean, say: Say): Deployment['listen'] {
  const listen = parseListen(raw.listen ?? LISTEN_DEFAULT)
  if (!listen) say(malformedKey(['listen']))
  else if (!hasTls && raw.tls === undefined && !isLoopback(listen.host) && !raw.trusted_proxies?.length) {
    say(
      `listen is ${raw.listen}: without tls that needs trusted_proxies, the networks of the proxy in front.`,
    )
  }
  return listen ?? { host: '127.0.0.1', port: 0 }
}

function readProxies(raw: RawDeployment, say: Say): readonly string[] {
  for (const network of raw.trusted_proxies ?? []) {
    if (!isCidr(network)) say(`trusted_proxies holds ${network}, which is no network such as 10.0.0.0/24.`)
    else if (/\/0$/.test(network)) say(`trusted_proxies holds ${network}: that trusts everybody's word.`)
  }
  return raw.trusted_proxies ?? []
}

function readStorage(raw: RawDeployment, files: ConfigFiles, path: string | null): Storage {
  const given = [raw.data, raw.database_url, raw.database_url_file].filter(value => value !== undefined)
  if (given.length !== 1) {
    files.mistakes.push(
      'Exactly one of data (a folder for SQLite), database_url and database_url_file must be there.',
    )
  }
  if (raw.data !== undefined) {
    const folder = files.path(raw.data)
    return { kind: 'sqlite', folder, file: join(folder, DATABASE_FILE) }
  }
  const fromFile = raw.database_url_file
  const url = fromFile === undefined ? (raw.database_url ?? '') : files.secret('database_url_file', fromFile)
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (url !== '' && !/^postgres(ql)?:$/.test(parsed?.protocol ?? '')) {
    files.mistakes.push(malformedKey([fromFile === undefined ? 'database_url' : 'database_url_file']))
  }
  if (fromFile === undefined && hasPassword(url) && path !== null && isOpen(path)) {
    files.mistakes.push(
      `database_url holds a password, so others must not read ${path}; run: chmod 600 ${path}`,
    )
  }
  return { kind: 'postgres', url }
}

const hasPassword = (url: string | undefined): boolean =>
  url !== undefined && URL.canParse(url) && new URL(url).password !== ''

const isOpen = (path: string): boolean => process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0

function readHelp(raw: RawDeployment, say: Say): Help {
  const help = raw.help ?? { name: '', telephone: '', hours: '', url: 'tel:0' }
  if (!/^(https:\/\/|mailto:|tel:)./.test(help.url)) say(malformedKey(['help', 'url']))
  return help
}

function readMail(raw: RawDeployment, files: ConfigFiles): Mail {
  const { mail } = raw
  const tls = mail?.tls ?? 'starttls'
  if (mail && !/^[a-z0-9.-]+$|^\[?[0-9a-f:]+\]?$/i.test(mail.host)) {
    files.mistakes.push(malformedKey(['mail', 'host']))
  }
  if (mail && senderAddress(mail.from) === null) files.mistakes.push(malformedKey(['mail', 'from']))
  if ((mail?.user === undefined) !== (mail?.password_file === undefined)) {
    files.mistakes.push('mail.user and mail.password_file belong together: one of them is missing.')
  }
  const password = mail?.password_file ? files.secret('mail.password_file', mail.password_file) : ''
  return {
    host: mail?.host ?? '',
    port: mail?.port ?? MAIL_PORTS[tls],
    tls,
    ca: mail?.ca_file === undefined ? undefined : files.certificates('mail.ca_file', mail.ca_file),
    login: mail?.user === undefined ? undefined : { user: mail.user, password },
    from: mail?.from ?? '',
  }
}

/** The address in `Name <address>`, or of a bare address; null where there is none. */
export function senderAddress(from: string): string | null {
  const found = /^[^<>\r\n]*<([^<>\s]+)>$/.exec(from)?.[1] ?? from
  return normaliseAddress(found)
}
