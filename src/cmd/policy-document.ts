import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { METHOD_NAMES } from '../method.ts'
import { DEFAULT_SETTINGS, SETTINGS_BOUNDS, type Settings } from '../settings.ts'
import { QUESTION_BOUNDS } from '../topics.ts'

/**
 * The policy as administrators read and write it (decisions 7.4): YAML or JSON in snake_case. What is left out is the
 * default. Only the kind of each value is checked here; what must fit together is in `actions/administer.ts`.
 */
const DOCUMENT_CHARACTERS_MAX = 1_000_000

const groups = z.array(z.string().trim().min(1).max(1_000)).max(SETTINGS_BOUNDS.groups)
const times = z.int().min(1).max(1_000)
const disclosure = z.enum(['uniform', 'helpful'])
const perLocale = z.record(
  z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/),
  z.string().max(SETTINGS_BOUNDS.textCharacters),
)
const { organisation, password, questions, registration, texts } = DEFAULT_SETTINGS

const network = z.strictObject({
  name: z.string().trim().min(1).max(64),
  cidrs: z.array(z.string()).min(1).max(100),
  source_budget: times.default(1),
  disclosure: disclosure.nullable().default(null),
  shared_computers: z.boolean().default(false),
})

const documentSchema = z.strictObject({
  scope: z
    .strictObject({ kind: z.enum(['none', 'selected', 'all']), groups: groups.default([]) })
    .default({ kind: 'none', groups: [] }),
  gates: z.union([z.literal(1), z.literal(2)], { error: 'expected 1 or 2' }).default(DEFAULT_SETTINGS.gates),
  methods: z
    .array(z.enum(METHOD_NAMES))
    .min(1)
    .default([...DEFAULT_SETTINGS.methods]),
  administrators: z.strictObject({ groups: groups.default([]) }).default({ groups: [] }),
  notify_administrators: z.array(z.string().max(254)).max(100).default([]),
  administrator_notices: z.boolean().default(DEFAULT_SETTINGS.notifyAdministrators),
  protected_groups: groups.default([]),
  disclosure: disclosure.default(DEFAULT_SETTINGS.disclosure),
  networks: z.array(network).max(SETTINGS_BOUNDS.networks).default([]),
  source_budget: times.default(DEFAULT_SETTINGS.sourceBudget),
  organisation: z
    .strictObject({
      name: z.string().trim().min(1).max(100).default(organisation.name),
      login_example: z.string().trim().max(100).default(organisation.loginExample),
      locale: z.string().max(35).default(organisation.locale),
      time_zone: z.string().max(64).default(organisation.timeZone),
    })
    .prefault({}),
  password: z
    .strictObject({
      min_length: z.int().default(password.minLength),
      max_length: z.int().default(password.maxLength),
      banned_words: z.array(z.string().trim()).max(SETTINGS_BOUNDS.bannedWords).default([]),
      breach_outage: z.enum(['allow', 'refuse']).default(DEFAULT_SETTINGS.breachOutage),
    })
    .prefault({}),
  registration: z
    .strictObject({
      first: z.enum(['cooling', 'pass', 'network', 'open']).default(registration.first),
      cooling_hours: z.int().default(registration.coolingHours),
      dismissible: z.boolean().default(registration.dismissible),
      confirm_days: z.int().default(registration.confirmDays),
      campaign_mails_per_minute: z.int().default(registration.campaignMailsPerMinute),
    })
    .prefault({}),
  questions: z
    .strictObject({
      registered: z.int().default(questions.registered),
      asked: z.int().default(questions.asked),
      own: z
        .array(z.strictObject({ id: z.string(), text: z.string().trim() }))
        .max(QUESTION_BOUNDS.own)
        .default([]),
    })
    .prefault({}),
  unlock: z.boolean().default(DEFAULT_SETTINGS.unlock),
  texts: z
    .strictObject({
      next_steps: perLocale.default(texts.nextSteps),
      login_help: perLocale.default(texts.loginHelp),
    })
    .prefault({}),
  sign_in_url: z.string().max(2_000).nullable().default(null),
  return_addresses: z.array(z.string().max(2_000)).max(SETTINGS_BOUNDS.returnAddresses).default([]),
})

export type PolicyDocument = z.infer<typeof documentSchema>

export type ReadPolicy =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/** Reads a document; a sentence for each value of the wrong kind. Throws nothing. */
export function readPolicy(text: string): ReadPolicy {
  let document: unknown
  try {
    if (text.length > DOCUMENT_CHARACTERS_MAX)
      return { ok: false, mistakes: ['The policy is larger than 1 MB.'] }
    document = parse(text, { uniqueKeys: true })
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    return { ok: false, mistakes: [`The policy is not YAML or JSON: ${why}`] }
  }
  const read = documentSchema.safeParse(document ?? {})
  return read.success
    ? { ok: true, settings: toSettings(read.data) }
    : { ok: false, mistakes: read.error.issues.flatMap(sentences) }
}

function sentences(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => `${at === '' ? key : `${at}.${key}`} is not a key of the policy.`)
  }
  return [
    `${at === '' ? 'The policy' : at} is not as expected: ${issue.message.replace(/^Invalid input: /, '')}.`,
  ]
}

/** The whole document as YAML; `readPolicy` gives the same settings back. */
export const writePolicy = (settings: Settings, heading: string): string =>
  `# ${heading}\n${stringify(toDocument(settings), { lineWidth: 0 })}`

const toSettings = (document: PolicyDocument): Settings => ({
  scope: document.scope,
  gates: document.gates,
  methods: document.methods,
  administrators: { groups: document.administrators.groups, notify: document.notify_administrators },
  protectedGroups: document.protected_groups,
  disclosure: document.disclosure,
  networks: document.networks.map(({ source_budget, shared_computers, ...rest }) => ({
    ...rest,
    sourceBudget: source_budget,
    sharedComputers: shared_computers,
  })),
  sourceBudget: document.source_budget,
  organisation: {
    name: document.organisation.name,
    loginExample: document.organisation.login_example,
    locale: document.organisation.locale,
    timeZone: document.organisation.time_zone,
  },
  password: {
    minLength: document.password.min_length,
    maxLength: document.password.max_length,
    bannedWords: document.password.banned_words,
  },
  breachOutage: document.password.breach_outage,
  registration: {
    first: document.registration.first,
    coolingHours: document.registration.cooling_hours,
    dismissible: document.registration.dismissible,
    confirmDays: document.registration.confirm_days,
    campaignMailsPerMinute: document.registration.campaign_mails_per_minute,
  },
  questions: document.questions,
  unlock: document.unlock,
  notifyAdministrators: document.administrator_notices,
  texts: { nextSteps: document.texts.next_steps, loginHelp: document.texts.login_help },
  signInUrl: document.sign_in_url,
  returnAddresses: document.return_addresses,
})

const toDocument = (settings: Settings): Readonly<Record<keyof PolicyDocument, unknown>> => ({
  scope: settings.scope,
  gates: settings.gates,
  methods: settings.methods,
  administrators: { groups: settings.administrators.groups },
  notify_administrators: settings.administrators.notify,
  administrator_notices: settings.notifyAdministrators,
  protected_groups: settings.protectedGroups,
  disclosure: settings.disclosure,
  networks: settings.networks.map(({ sourceBudget, sharedComputers, ...rest }) => ({
    ...rest,
    source_budget: sourceBudget,
    shared_computers: sharedComputers,
  })),
  source_budget: settings.sourceBudget,
  organisation: {
    name: settings.organisation.name,
    login_example: settings.organisation.loginExample,
    locale: settings.organisation.locale,
    time_zone: settings.organisation.timeZone,
  },
  password: {
    min_length: settings.password.minLength,
    max_length: settings.password.maxLength,
    banned_words: settings.password.bannedWords,
    breach_outage: settings.breachOutage,
  },
  registration: {
    first: settings.registration.first,
    cooling_hours: settings.registration.coolingHours,
    dismissible: settings.registration.dismissible,
    confirm_days: settings.registration.confirmDays,
    campaign_mails_per_minute: settings.registration.campaignMailsPerMinute,
  },
  questions: settings.questions,
  unlock: settings.unlock,
  texts: { next_steps: settings.texts.nextSteps, login_help: settings.texts.loginHelp },
  sign_in_url: settings.signInUrl,
  return_addresses: settings.returnAddresses,
})
