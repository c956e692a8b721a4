import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { connectionUrl } from '../agent/link.ts'
import { AGENT_OPERATIONS, type AgentPolicy } from '../agent/policy.ts'
import type { Transport } from '../agent/transport.ts'
import type { LdapConfig } from '../directories/ldap/config.ts'
import { ConfigFiles } from './config-files.ts'
import { readLdap } from './config-ldap.ts'
import { directorySchema } from './config-schema.ts'
import { sentencesFor } from './config-sentences.ts'
import { readYaml } from './config-yaml.ts'

const text = z.string().trim().min(1).max(2_000)
const list = z.array(text).max(100)

const schema = z.strictObject({
  server: text,
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
  state: text,
  directory: directorySchema,
  policy: z
    .strictObject({
      allowed_ous: list,
      protected_groups: list,
      operations: z.array(z.enum(AGENT_OPERATIONS)),
      resets_per_minute: z.int().min(1).max(10_000),
    })
    .partial()
    .optional(),
  proxy: text.optional(),
  ca_file: text.optional(),
  spki_pin: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/)
    .optional(),
})
type RawAgent = z.infer<typeof schema>

/** The file of an agent, checked and with the files it names read. */
export type AgentConfig = {
  readonly server: string
  /** As it was invited. */
  readonly name: string
  /** Where it keeps its keys, its journal and its audit. */
  readonly state: string
  readonly directory: LdapConfig
  readonly policy: AgentPolicy
  readonly transport: Transport
  readonly warnings: readonly string[]
}

export type ReadAgentConfig =
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/** More than people ask for in a minute, far less than a hijacked server would. */
const RESETS_PER_MINUTE = 60

/** Reads and checks everything at once: one sentence per mistake. Throws nothing. */
export function readAgentConfig(path: string): ReadAgentConfig {
  const document = readYaml(path, 'file of the agent')
  if (!document.ok) return document
  if (isServers(document.value)) return { ok: false, mistakes: [SERVERS] }
  const parsed = schema.safeParse(document.value, { reportInput: true })
  if (!parsed.success) return { ok: false, mistakes: [...new Set(sentencesFor(parsed.error, []))] }
  const files = new ConfigFiles(dirname(resolve(path)))
  const config = build(parsed.data, files)
  return files.mistakes.length > 0 ? { ok: false, mistakes: files.mistakes } : { ok: true, config }
}

const SERVERS =
  'This is the deployment file of a server. An agent has a file of its own, with server, name, state and directory, and no database.'

const isServers = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['public_url', 'listen', 'data', 'database_url', 'key_file', 'directories'].some(key => key in value)

function build(raw: RawAgent, files: ConfigFiles): AgentConfig {
  const { ca_file: ca } = raw
  const policy = readPolicy(raw)
  return {
    server: readServer(raw.server, files),
    name: raw.name,
    state: files.path(raw.state),
    // Looked at twice: by the directory as on a server, where groups that cannot be read protect, and by the policy.
    directory: { ...readDirectory(raw, files), protectedGroups: policy.protectedGroups },
    policy,
    transport: {
      proxy: raw.proxy === undefined ? null : readProxy(raw.proxy, files),
      ca: ca === undefined ? null : files.certificates('ca_file', ca),
      spkiPin: raw.spki_pin ?? null,
    },
    warnings: files.warnings,
  }
}

function readServer(server: string, files: ConfigFiles): string {
  const url = URL.canParse(server) ? new URL(server) : null
  try {
    if (url?.pathname !== '/' || url.search || url.hash || url.username) throw new Error('no origin')
    connectionUrl(server)
  } catch {
    files.mistakes.push('server must be the public address of Postern, such as https://reset.example.org.')
  }
  return url?.origin ?? ''
}

function readDirectory({ directory }: RawAgent, files: ConfigFiles): LdapConfig {
  const { kind } = directory
  if (kind !== 'builtin' && kind !== 'agent') return readLdap({ ...directory, kind }, ['directory'], files)
  files.mistakes.push('directory.kind must be active-directory, openldap, 389ds or freeipa.')
  return readLdap({ ...directory, kind: 'openldap' }, ['directory'], files)
}

/** Where no unit is named the base of the directory is the limit; `protected_groups` of both places count. */
const readPolicy = ({ policy = {}, directory }: RawAgent): AgentPolicy => ({
  allowedOus: policy.allowed_ous ?? null,
  protectedGroups: [...(policy.protected_groups ?? []), ...(directory.protected_groups ?? [])],
  operations: policy.operations ?? AGENT_OPERATIONS,
  resetsPerMinute: policy.resets_per_minute ?? RESETS_PER_MINUTE,
})

function readProxy(proxy: string, files: ConfigFiles): string {
  const url = URL.canParse(proxy) ? new URL(proxy) : null
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search)
    files.mistakes.push('proxy must be the address of an HTTP proxy, such as http://proxy.example.org:3128.')
  return proxy
}
