import { z } from 'zod'

/**
 * The keys of the deployment file (decisions 7.3) and the kind of each. What must be there, and what must fit
 * together, is checked in `config.ts`, so that all mistakes can be told at once.
 */
const text = z.string().trim().min(1).max(2_000)
const list = z.array(text).max(100)
const port = z.int().min(1).max(65_535)

const attributes = z
  .strictObject({
    login: list,
    account_name: list,
    mail: list,
    recovery_email: list,
    display_name: list,
    names: list,
    locale: list,
  })
  .partial()

export const directorySchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/),
  kind: z.enum(['builtin', 'agent', 'active-directory', 'openldap', '389ds', 'freeipa']),
  hosts: list.min(1).optional(),
  ca_file: text.optional(),
  servername: text.optional(),
  bind_dn: text.optional(),
  bind_password_file: text.optional(),
  base: text.optional(),
  domains: list.optional(),
  netbios: text.optional(),
  own_domains: list.optional(),
  attributes: attributes.optional(),
  protected_groups: list.optional(),
  user_filter: text.optional(),
  policy_dn: text.optional(),
})

const application = z.strictObject({
  name: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u),
  secret_file: text,
  return_addresses: list.min(1),
})

const botCheck = z.strictObject({
  kind: z.enum(['altcha', 'turnstile', 'hcaptcha', 'recaptcha', 'none']),
  site_key: z
    .string()
    .regex(/^[\w.-]{1,200}$/)
    .optional(),
  secret_file: text.optional(),
  min_score: z.number().min(0).max(1).optional(),
  client_address: z.enum(['withheld', 'sent']).optional(),
  verify_url: text.optional(),
  script_url: text.optional(),
})

const oidc = z.strictObject({
  issuer: text.optional(),
  client_id: text.optional(),
  client_secret_file: text.optional(),
  claim: z
    .string()
    .regex(/^[\w.:/-]{1,200}$/)
    .optional(),
  tenant: z
    .string()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .optional(),
  scopes: list.refine(scopes => scopes.includes('openid')).optional(),
  second_factor_acr: list.optional(),
  directory: text.optional(),
  attribute: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9-]{0,63}$/)
    .optional(),
  ca_file: text.optional(),
  only: z.union([z.boolean(), z.enum(['true', 'false']).transform(said => said === 'true')]).optional(),
})

export const deploymentSchema = z.strictObject({
  public_url: text.optional(),
  listen: text.optional(),
  tls: z.strictObject({ cert_file: text, key_file: text }).optional(),
  trusted_proxies: list.optional(),
  data: text.optional(),
  database_url: text.optional(),
  database_url_file: text.optional(),
  key_file: text.optional(),
  profile: z.enum(['standard', 'strict']).optional(),
  help: z.strictObject({ name: text, telephone: text, hours: text, url: text }).optional(),
  mail: z
    .strictObject({
      host: text,
      port: port.optional(),
      tls: z.enum(['starttls', 'implicit']).optional(),
      ca_file: text.optional(),
      user: text.optional(),
      password_file: text.optional(),
      from: text,
    })
    .optional(),
  bot_check: botCheck.optional(),
  directories: z.array(directorySchema).min(1).max(20).optional(),
  breach: z
    .strictObject({ filter_file: text.optional(), range_url: text.optional(), ca_file: text.optional() })
    .optional(),
  oidc: oidc.optional(),
  passkeys: z.strictObject({ rp_id: text.optional() }).optional(),
  applications: z.array(application).max(50).optional(),
  outbound: z.strictObject({ allow_private: list }).optional(),
})

export type RawDeployment = z.infer<typeof deploymentSchema>
export type RawBotCheck = z.infer<typeof botCheck>
export type RawDirectory = z.infer<typeof directorySchema>

/** What a missing or malformed key should have held; the list indices of `directories` are left out. */
export const EXPECTED: Readonly<Record<string, string>> = {
  public_url: 'the address people reach Postern at, such as https://reset.example.org',
  listen: 'an address and a port, such as 127.0.0.1:8080 or [::1]:8443',
  'tls.cert_file': 'a PEM file with the certificate and its chain',
  'tls.key_file': 'a PEM file with the private key of the certificate',
  trusted_proxies: 'a list of networks, such as 10.0.0.0/24',
  data: 'a folder for the SQLite database',
  database_url: 'an address such as postgres://postern@db.example.org/postern',
  key_file: 'the key ring that "postern key create FILE" wrote',
  profile: 'standard or strict',
  help: 'the way to a human: name, telephone, hours and url',
  'help.name': 'what people call the helpdesk',
  'help.telephone': 'the telephone number of the helpdesk',
  'help.hours': 'when somebody answers',
  'help.url': 'an address that begins with https:, mailto: or tel:',
  mail: 'the mail server: at least host and from',
  'mail.host': 'the name of the mail server',
  'mail.port': 'a whole number from 1 to 65535',
  'mail.tls': 'starttls or implicit',
  'mail.from': 'the sender, such as Example <reset@example.org>',
  'bot_check.kind': 'altcha, turnstile, hcaptcha, recaptcha or none',
  'bot_check.site_key': 'the public key that the provider gave you for this site',
  'bot_check.secret_file': 'a file that holds the secret key of the provider',
  'bot_check.min_score': 'a number from 0 to 1, such as 0.5',
  'bot_check.client_address': 'withheld or sent',
  'bot_check.verify_url': 'an address that begins with https:; http: is for this machine only',
  'bot_check.script_url': 'an address that begins with https:; http: is for this machine only',
  'breach.range_url': 'an address that begins with https:, such as https://api.example.org/range',
  'oidc.issuer':
    'the address that the provider calls itself, such as https://login.example.org/realms/example',
  'oidc.client_id': 'what the provider calls Postern',
  'oidc.claim': 'the name of a claim of the ID token, such as sub',
  'oidc.tenant': 'the id of the tenant, such as 8eaef023-2b34-4da1-9baa-8bc8c9d6a490',
  'oidc.scopes': 'a list that holds openid',
  'oidc.directory': 'the name of the directory that the accounts stand in',
  'oidc.attribute': 'the attribute that holds the value of the claim and never changes, such as employeeID',
  'oidc.only': 'true or false',
  'applications.name': 'a name of up to 40 letters and digits, which people see',
  'applications.secret_file': 'a file that holds the secret which the application signs with',
  'applications.return_addresses': 'a list such as https://portal.example.org/back',
  directories: 'a list with at least one directory',
  'directories.name': 'a short name in a-z, 0-9 and -, which never changes again',
  'directories.kind': 'builtin, agent, active-directory, openldap, 389ds or freeipa',
  'directories.hosts': 'a list such as ldaps://dc1.example.org',
  'directories.bind_dn': 'the account that Postern binds with',
  'directories.bind_password_file': 'a file that holds the password of bind_dn',
  'directories.base': 'where people are searched for, such as ou=people,dc=example,dc=org',
  server: 'the public address of Postern, such as https://reset.example.org',
  name: 'what "postern agent invite" was given: a-z, 0-9, dots and hyphens',
  state: 'a folder for the keys, the journal and the audit of the agent',
  directory: 'the directory, with the keys that an entry of directories has',
  'policy.operations': 'a list of reset, change, unlock, authenticate, browse',
  'policy.resets_per_minute': 'a whole number from 1 to 10000',
  spki_pin: 'the base64 of SHA-256 over a public key, 44 characters',
}
