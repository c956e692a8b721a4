// `postern serve` as an operator starts it: a deployment file, a key file, a policy, a real directory and a mail server.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, freePortPair, tempFolder } from './child.ts'
import type { MailSink } from './mail-sink.ts'
import { makePki } from './pki.ts'
import { postern, startProgram } from './programs.ts'
import type { Samba } from './samba.ts'
import type { Slapd } from './slapd.ts'

export type ServeOptions = {
  /** As they stand in the deployment file; see `openldapEntry`, `sambaEntry`. */
  readonly directories: readonly Readonly<Record<string, unknown>>[]
  readonly mail: MailSink
  /** Keys of the policy beside the rig's own. */
  readonly policy?: Readonly<Record<string, unknown>>
  /** Keys of the deployment file beside the rig's own. */
  readonly deployment?: Readonly<Record<string, unknown>>
  /** TLS by Postern itself; its authority is `ca`. */
  readonly tls?: boolean
  /** Where people and agents reach it; `localhost` where it is left out. */
  readonly host?: { readonly name: string; readonly ip: string }
}

export type Serve = {
  readonly origin: string
  readonly port: number
  /** The authority that signed Postern's own certificate, as PEM text; empty without TLS. */
  readonly ca: string
  /** Everything lies below it: deployment file, key file, `data`. */
  readonly folder: string
  readonly deploymentFile: string
  /** Runs a command with this deployment file; throws where it fails. */
  command(words: readonly string[], input?: string): Promise<string>
  /** JSON lines for `postern enrollment import`. */
  enrol(...lines: readonly Readonly<Record<string, unknown>>[]): Promise<void>
  /** `env`: what the surroundings of the server hold beside nothing. */
  start(env?: Readonly<Record<string, string>>): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  /** What all starts wrote to stdout and stderr. */
  log(): string
}

export const HELP = {
  name: 'Service desk',
  telephone: '+44 20 7946 0000',
  hours: 'Mon–Fri 7–19',
  url: 'https://help.example.test/',
} as const

const ORGANISATION = { name: 'Fabrikam Example', login_example: 'alex', locale: 'en', time_zone: 'UTC' }

/** Writes the files of a deployment, makes its keys and applies its policy; the server itself is not started yet. */
export async function prepareServe(options: ServeOptions): Promise<Serve> {
  const folder = tempFolder('serve').path
  const port = await freePortPair()
  const { name, ip } = options.host ?? { name: 'localhost', ip: '127.0.0.1' }
  const pki = options.tls ? makePki(join(folder, 'pki'), ip, [name]) : null
  const origin = `${pki ? 'https' : 'http'}://${name}:${port}`
  const deploymentFile = join(folder, 'postern.yaml')
  writeSecrets(folder, options.directories)
  // Every JSON document is a YAML document.
  writeFileSync(
    deploymentFile,
    JSON.stringify({
      public_url: origin,
      listen: `${ip}:${port}`,
      ...(pki ? { tls: { cert_file: pki.cert, key_file: pki.key } } : {}),
      data: 'data',
      key_file: 'keys.json',
      help: HELP,
      mail: mailEntry(options.mail),
      directories: options.directories.map(({ bind_password: _in, ...entry }) => entry),
      ...options.deployment,
    }),
    { mode: 0o600 },
  )
  let child: Child | null = null
  let before = ''
  const command = async (words: readonly string[], input = ''): Promise<string> => {
    const ran = await postern([...words, '--config', deploymentFile], input)
    if (ran.code !== 0) throw new Error(`postern ${words.join(' ')}: ${ran.code}\n${ran.out}${ran.err}`)
    return ran.out
  }
  const made = await postern(['key', 'create', join(folder, 'keys.json')])
  if (made.code !== 0) throw new Error(made.err)
  const policy = { scope: { kind: 'all' }, organisation: ORGANISATION, ...options.policy }
  await command(['settings', 'apply', '-'], JSON.stringify(policy))
  return {
    origin,
    port,
    ca: pki ? readFileSync(pki.ca, 'utf8') : '',
    folder,
    deploymentFile,
    command,
    enrol: async (...lines) =>
      void (await command(['enrollment', 'import', '-'], lines.map(line => JSON.stringify(line)).join('\n'))),
    start: async env => {
      before += child?.log() ?? ''
      child = startProgram('postern', ['serve', '--config', deploymentFile], env)
      await child.wrote(/Postern answers/)
    },
    stop: async signal => child?.stop(signal),
    log: () => before + (child?.log() ?? ''),
  }
}

const mailEntry = (mail: MailSink): Readonly<Record<string, unknown>> => ({
  host: mail.host,
  port: mail.port,
  tls: 'starttls',
  ca_file: mail.caFile,
  from: 'Fabrikam Example <reset@example.test>',
})

/** `bind_password` of an entry becomes the file that the deployment file names. */
function writeSecrets(folder: string, entries: ServeOptions['directories']): void {
  for (const { bind_password_file: file, bind_password: secret } of entries) {
    if (file) writeFileSync(join(folder, String(file)), String(secret), { mode: 0o600 })
  }
}

/** `attributes.recovery_email` is empty: what may prove something comes from `enrol` alone. */
export const openldapEntry = (slapd: Slapd): Readonly<Record<string, unknown>> => ({
  name: 'people',
  kind: 'openldap',
  hosts: [slapd.url],
  ca_file: slapd.caFile,
  bind_dn: slapd.bindDn,
  bind_password_file: 'openldap-password',
  bind_password: slapd.bindPassword,
  base: slapd.people,
  domains: ['example.test'],
})

export const sambaEntry = (samba: Samba): Readonly<Record<string, unknown>> => ({
  name: 'ad',
  kind: 'active-directory',
  hosts: [samba.url],
  ca_file: samba.caFile,
  servername: samba.servername,
  bind_dn: samba.bindDn,
  bind_password_file: 'ad-password',
  bind_password: samba.bindPassword,
  base: samba.staff,
  domains: [samba.realm],
})
