import type { Identity } from '../actions/world.ts'
import type { HostedConfig } from '../bot-checks/siteverify.ts'
import type { LdapConfig } from '../directories/ldap/config.ts'
import type { Help } from '../help.ts'
import type { OpenIdConnect } from '../identity-providers/openid-connect.ts'
import type { Key } from '../lib/seal.ts'
import type { Application } from '../return-address.ts'
import type { Profile } from '../settings.ts'

/** Accounts in our own store (decisions 7.3, kind `builtin`). */
export type BuiltinConfig = {
  readonly name: string
  readonly kind: 'builtin'
  /** Logins behind these are asked here; addresses in them are no contacts. */
  readonly domains: readonly string[]
}

/** A directory behind agents, which alone know how it is reached. */
export type AgentDirectoryConfig = {
  readonly name: string
  readonly kind: 'agent'
  readonly domains: readonly string[]
}

export type DirectoryConfig = BuiltinConfig | AgentDirectoryConfig | LdapConfig

export type Storage =
  | { readonly kind: 'sqlite'; readonly folder: string; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

export type Mail = {
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'implicit'
  /** PEM of a private authority, in place of those of the system. */
  readonly ca: string | undefined
  readonly login: { readonly user: string; readonly password: string } | undefined
  /** An address, or a name and an address in angle brackets. */
  readonly from: string
}

/** Our own proof of work, nothing, or the check of a provider. */
export type BotCheckConfig = { readonly kind: 'altcha' } | { readonly kind: 'none' } | HostedConfig

/** How people sign in at the organisation's identity provider. */
export type OidcConfig = Omit<OpenIdConnect, 'redirectUri'> &
  Pick<Identity, 'directory' | 'attribute' | 'only'>

/** The deployment file, checked and with the files it names read: nothing in it can be wrong by its form any more. */
export type Deployment = {
  /** An origin without a path or a trailing slash, such as https://reset.example.org */
  readonly publicUrl: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
  /** CIDR blocks whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  readonly trustedProxies: readonly string[]
  readonly storage: Storage
  readonly keyFile: string
  readonly ring: readonly Key[]
  readonly profile: Profile
  readonly help: Help
  readonly mail: Mail
  readonly botCheck: BotCheckConfig
  readonly directories: readonly DirectoryConfig[]
  /** Lists of breached passwords; null: not asked. `ca`: PEM of a private authority. */
  readonly breach: {
    readonly filterFile: string | null
    readonly range: { readonly url: string; readonly ca: string | undefined } | null
  }
  readonly oidc: OidcConfig | null
  /** The domain that passkeys belong to; it never changes under registered ones (decisions 3.6). */
  readonly passkeys: { readonly rpId: string }
  /** Other applications that send people here, and where those may be sent back to. */
  readonly applications: readonly Application[]
  readonly outbound: { readonly allowPrivate: readonly string[] }
  /** What is allowed but not advised, a sentence each. */
  readonly warnings: readonly string[]
}
