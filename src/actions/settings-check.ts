import { BlockList, isIP } from 'node:net'
import { normaliseAddress } from '../account.ts'
import { TRAITS } from '../method.ts'
import { type Profile, SETTINGS_BOUNDS, type Settings } from '../settings.ts'
import { isTopic, QUESTION_BOUNDS } from '../topics.ts'

/** Control characters but line ends, and marks that turn the reading direction, stand in no text of ours. */
const UNPRINTABLE = /[^\P{Cc}\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u

/** It stands in sealed secrets, in import files, and in names of form fields. */
const OWN_TOPIC_ID = /^[a-z][a-z0-9_]{0,31}$/

/** Everything that is wrong with a policy, a sentence each, by the names of the policy document (decisions 7.4). */
export const mistakesIn = (settings: Settings, profile: Profile): string[] => [
  ...gateMistakes(settings),
  ...networkMistakes(settings),
  ...organisationMistakes(settings),
  ...passwordMistakes(settings),
  ...registrationMistakes(settings),
  ...questionMistakes(settings),
  ...textMistakes(settings),
  ...addressMistakes(settings),
  ...contradictions(settings, profile),
]

/** Where a policy says less than the strict profile claims (decisions 3 and 7.3): `serve` does not start with it. */
export function contradictions(settings: Settings, profile: Profile): string[] {
  if (profile.name !== 'strict') return []
  const lenient = settings.networks.filter(network => network.disclosure === 'helpful')
  return [
    ...when(settings.gates !== 2, 'gates must be 2 in the strict profile'),
    ...when(settings.disclosure !== 'uniform', 'disclosure must be uniform in the strict profile'),
    ...settings.methods
      .filter(method => TRAITS[method].onlyBeside)
      .map(method => `methods: ${method} does not exist in the strict profile.`),
    ...lenient.map(({ name }) => `networks: disclosure of "${name}" must be uniform in the strict profile.`),
    ...when(
      settings.password.minLength < profile.passwordMinLength,
      `password.min_length must be at least ${profile.passwordMinLength} in the strict profile`,
    ),
  ]
}

const when = (isWrong: boolean, sentence: string): string[] => (isWrong ? [`${sentence}.`] : [])

function gateMistakes({ scope, gates, methods }: Settings): string[] {
  return [
    ...when(
      scope.kind === 'selected' && scope.groups.length === 0,
      'scope.groups must name a group for kind selected',
    ),
    ...when(new Set(methods).size < methods.length, 'methods names one method twice'),
    ...when(methods.length < gates, `methods must name as many methods as there are gates: ${gates}`),
  ]
}

/** The strict profile has none, and elsewhere they are never the only gate (KBQ-01). */
function questionMistakes({ methods, questions: { registered, asked, own } }: Settings): string[] {
  const { count, textCharacters } = QUESTION_BOUNDS
  const isWithin = (value: number, { min, max }: { min: number; max: number }) => value >= min && value <= max
  const texts = own.map(({ text }) => text.normalize('NFKC').toLowerCase())
  const ids = own.map(({ id }) => id)
  return [
    ...when(
      methods.length > 0 && methods.every(method => TRAITS[method].onlyBeside),
      'methods must name another one beside security_questions: they are never the only gate',
    ),
    ...when(
      !isWithin(registered, count),
      `questions.registered must lie between ${count.min} and ${count.max}`,
    ),
    ...when(!isWithin(asked, count), `questions.asked must lie between ${count.min} and ${count.max}`),
    ...when(
      isWithin(asked, count) && isWithin(registered, count) && asked > registered,
      'questions.asked must not be more than questions.registered',
    ),
    ...when(new Set(ids).size < ids.length, 'questions.own names one id twice'),
    ...when(new Set(texts).size < texts.length, 'questions.own holds one question twice'),
    ...own
      .filter(({ id }) => !OWN_TOPIC_ID.test(id) || isTopic(id))
      .map(({ id }) => `questions.own: "${id}" must be a new id of small letters, digits and _.`),
    ...own
      .filter(
        ({ text }) =>
          !isWithin([...text].length, textCharacters) || /\n/.test(text) || UNPRINTABLE.test(text),
      )
      .map(
        ({ id }) =>
          `questions.own: the text of "${id}" must have between ${textCharacters.min} and ${textCharacters.max} characters that can be shown.`,
      ),
  ]
}

function registrationMistakes({ registration }: Settings): string[] {
  const names = {
    coolingHours: 'cooling_hours',
    confirmDays: 'confirm_days',
    campaignMailsPerMinute: 'campaign_mails_per_minute',
  } as const
  return (['coolingHours', 'confirmDays', 'campaignMailsPerMinute'] as const).flatMap(key => {
    const { min, max } = SETTINGS_BOUNDS[key]
    const isWrong = registration[key] < min || registration[key] > max
    return when(isWrong, `registration.${names[key]} must lie between ${min} and ${max}`)
  })
}

function networkMistakes({ networks }: Settings): string[] {
  const names = networks.map(({ name }) => name)
  const wrong = networks.flatMap(({ name, cidrs }) =>
    cidrs
      .filter(cidr => !isNetwork(cidr))
      .map(cidr => `networks: "${name}" holds ${cidr}, which is no network.`),
  )
  return [...when(new Set(names).size < names.length, 'networks names one network twice'), ...wrong]
}

function isNetwork(cidr: string): boolean {
  const [address = '', bits, more] = cidr.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(address) === 0 || more !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits)))
    return false
  return succeeds(() => new BlockList().addSubnet(address, Number(bits ?? 32), family))
}

function organisationMistakes({ organisation }: Settings): string[] {
  const { name, loginExample, locale, timeZone } = organisation
  return [
    ...when(
      UNPRINTABLE.test(name) || name.includes('\n'),
      'organisation.name holds a character that cannot be shown',
    ),
    ...when(
      UNPRINTABLE.test(loginExample) || loginExample.includes('\n'),
      'organisation.login_example holds a character that cannot be shown',
    ),
    ...when(
      !succeeds(() => Intl.getCanonicalLocales(locale)),
      `organisation.locale ${locale} is no language`,
    ),
    ...when(
      !succeeds(() => new Intl.DateTimeFormat('en', { timeZone })),
      `organisation.time_zone ${timeZone} is no time zone such as Europe/Zurich`,
    ),
  ]
}

function passwordMistakes({ password }: Settings): string[] {
  const { minLength, maxLength, bannedWordCharacters, bannedWords } = SETTINGS_BOUNDS
  const isWithin = (value: number, { min, max }: { min: number; max: number }) => value >= min && value <= max
  const words = password.bannedWords.map(word => word.normalize('NFKC').toLowerCase())
  const wrong = password.bannedWords.filter(word => !isWithin([...word].length, bannedWordCharacters))
  return [
    ...when(
      !isWithin(password.minLength, minLength),
      `password.min_length must lie between ${minLength.min} and ${minLength.max}`,
    ),
    ...when(
      !isWithin(password.maxLength, maxLength),
      `password.max_length must lie between ${maxLength.min} and ${maxLength.max}`,
    ),
    ...when(words.length > bannedWords, `password.banned_words holds more than ${bannedWords} words`),
    ...when(new Set(words).size < words.length, 'password.banned_words holds one word twice'),
    ...wrong.map(word => {
      const { min, max } = bannedWordCharacters
      return `password.banned_words: "${word}" must have between ${min} and ${max} characters.`
    }),
  ]
}

function textMistakes({ texts }: Settings): string[] {
  const all = [
    ...Object.entries(texts.nextSteps).map(([locale, text]) => [`texts.next_steps.${locale}`, text] as const),
    ...Object.entries(texts.loginHelp).map(([locale, text]) => [`texts.login_help.${locale}`, text] as const),
  ]
  return all
    .filter(([, text]) => UNPRINTABLE.test(text) || [...text].length > SETTINGS_BOUNDS.textCharacters)
    .map(
      ([key]) =>
        `${key} is longer than ${SETTINGS_BOUNDS.textCharacters} characters or holds one that cannot be shown.`,
    )
}

function addressMistakes(settings: Settings): string[] {
  const { administrators, signInUrl, returnAddresses } = settings
  const mails = administrators.notify.filter(address => normaliseAddress(address) === null)
  const returns = returnAddresses.filter(address => !isWebAddress(address))
  return [
    ...mails.map(address => `notify_administrators: "${address}" is no mail address.`),
    ...when(
      signInUrl !== null && !isWebAddress(signInUrl),
      'sign_in_url must be an address that begins with https:',
    ),
    ...returns.map(address => `return_addresses: "${address}" must be an address that begins with https:.`),
    ...when(
      new Set(returnAddresses).size < returnAddresses.length,
      'return_addresses names one address twice',
    ),
  ]
}

/** https, or http on this very machine; without a name and password in front of the host. */
function isWebAddress(text: string): boolean {
  if (!URL.canParse(text) || UNPRINTABLE.test(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return false
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && /^(localhost|127\.0\.0\.1)$/.test(url.hostname))
  )
}

function succeeds(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
