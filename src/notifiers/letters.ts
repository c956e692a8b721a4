import { isolate } from '../lib/isolate.ts'
import type { Message } from '../notifier.ts'
import type { Letter, Piece, Voice } from './letter.ts'
import {
  facts,
  methodFact,
  methodsFact,
  originFacts,
  type Phrases,
  paragraph,
  personFacts,
  referenceFact,
  whenFact,
} from './letter-facts.ts'
import { setUp } from './letter-set-up.ts'

type Kind = Message['kind']
type Of<K extends Kind> = Extract<Message, { kind: K }>

/** What is said for each kind of message; a new kind without words does not compile. */
export function letterOf(message: Message, voice: Voice): Letter {
  const { subject, pieces } = write(message, voice)
  const name = 'displayName' in message && !isForAdministrators(message) ? message.displayName.trim() : ''
  return { subject, greeting: name === '' ? null : voice.phrases.t('mail.greeting', { name }), pieces }
}

/** These tell of another person's account. */
const isForAdministrators = ({ kind }: Message): boolean =>
  kind === 'administrator_reset' ||
  kind === 'administrator_pass' ||
  kind === 'dispute_alert' ||
  kind === 'unknown_outcome_alert'

type Content = { readonly subject: string; readonly pieces: readonly Piece[] }

function write(message: Message, voice: Voice): Content {
  switch (message.kind) {
    case 'code':
    case 'address_code':
      return code(message, voice)
    case 'password_reset':
    case 'password_changed':
    case 'account_unlocked':
    case 'recovery_code_used':
    case 'method_added':
    case 'method_removed':
    case 'pass_issued':
    case 'pass_used':
      return deed(message, voice)
    case 'administrator_pass':
      return administratorPass(message, voice)
    case 'administrator_reset':
      return administratorReset(message, voice)
    case 'cannot_reset':
      return cannotReset(message, voice)
    case 'failures':
      return failures(message, voice)
    case 'contact_changed':
      return contactChanged(message, voice)
    case 'enrolled':
    case 'enrollment_removed':
      return enrollment(message, voice)
    case 'token_assigned':
      return tokenAssigned(message, voice)
    case 'disputed':
      return disputed(message, voice)
    case 'dispute_alert':
      return disputeAlert(message, voice)
    case 'settled':
      return settled(message, voice)
    case 'unknown_outcome_alert':
      return unknownOutcome(message, voice)
    case 'reset_required':
      return resetRequired(voice)
    case 'set_up':
      return setUp(message, voice)
  }
}

function code(message: Of<'code' | 'address_code'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t(`mail.${message.kind}.subject`, { organisation }),
    pieces: [
      paragraph(phrases.t(`mail.${message.kind}.intro`, { organisation })),
      { kind: 'code', code: message.code },
      paragraph(phrases.t('mail.code.until', { at: message.expiresAt })),
      paragraph(phrases.t(`mail.${message.kind}.ignore`)),
      facts(referenceFact(message.reference, phrases)),
    ],
  }
}

type Deed = Of<
  | 'password_reset'
  | 'password_changed'
  | 'account_unlocked'
  | 'recovery_code_used'
  | 'method_added'
  | 'method_removed'
  | 'pass_issued'
  | 'pass_used'
>

/** Something happened to the account: what, from where, and what to do if its owner did not do it. */
function deed(message: Deed, voice: Voice): Content {
  const { phrases } = voice
  return {
    subject: phrases.t(`mail.${message.kind}.subject`),
    pieces: [
      paragraph(deedIntro(message, voice)),
      facts(
        ...originFacts(message.origin, phrases),
        'methods' in message ? methodsFact(message.methods, phrases) : null,
        'method' in message ? methodFact(message.method, phrases) : null,
        'until' in message
          ? { label: phrases.t('mail.fact.valid_until'), value: phrases.moment(message.until) }
          : null,
        referenceFact(message.reference, phrases),
      ),
      paragraph(phrases.t('mail.was_you')),
      paragraph(phrases.t('mail.not_me.ask')),
      {
        kind: 'action',
        label: phrases.t('mail.not_me.button'),
        url: `${voice.publicUrl}/not-me/${encodeURIComponent(message.disputeToken)}`,
      },
      paragraph(phrases.t('mail.not_me.explain')),
    ],
  }
}

const deedIntro = (message: Deed, { phrases, organisation }: Voice): string =>
  message.kind === 'recovery_code_used'
    ? phrases.t('mail.recovery_code_used.intro', { organisation, left: message.left })
    : phrases.t(`mail.${message.kind}.intro`, { organisation })

function administratorReset(message: Of<'administrator_reset'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.administrator_reset.subject'),
    pieces: [
      paragraph(phrases.t('mail.administrator_reset.intro', { organisation })),
      facts(
        ...personFacts(message, phrases),
        ...originFacts(message.origin, phrases),
        referenceFact(message.reference, phrases),
      ),
    ],
  }
}

function administratorPass(message: Of<'administrator_pass'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.administrator_pass.subject', { login: message.login }),
    pieces: [
      paragraph(phrases.t(`mail.administrator_pass.${message.what}`, { organisation })),
      alertFacts(message, phrases),
    ],
  }
}

function cannotReset(message: Of<'cannot_reset'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.cannot_reset.subject'),
    pieces: [
      paragraph(phrases.t('mail.cannot_reset.intro', { organisation })),
      paragraph(phrases.t(`mail.cannot_reset.${message.why}`)),
      paragraph(phrases.t('mail.cannot_reset.next')),
      facts(...originFacts(message.origin, phrases), referenceFact(message.reference, phrases)),
    ],
  }
}

function failures(message: Of<'failures'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.failures.subject'),
    pieces: [
      paragraph(phrases.t('mail.failures.intro', { organisation })),
      facts(methodFact(message.method, phrases), {
        label: phrases.t('mail.fact.failures'),
        value: phrases.number(message.count),
      }),
      paragraph(phrases.t('mail.failures.next')),
    ],
  }
}

function contactChanged(message: Of<'contact_changed'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.contact_changed.subject'),
    pieces: [
      paragraph(phrases.t('mail.contact_changed.intro', { organisation })),
      facts({ label: phrases.t('mail.fact.valid_from'), value: phrases.moment(message.from) }),
      paragraph(phrases.t('mail.contact_changed.next')),
    ],
  }
}

function enrollment(message: Of<'enrolled' | 'enrollment_removed'>, voice: Voice): Content {
  const { phrases, organisation } = voice
  return {
    subject: phrases.t(`mail.${message.kind}.subject`),
    pieces: [
      paragraph(phrases.t(`mail.${message.kind}.intro`, { organisation })),
      facts(methodFact(message.method, phrases), whenFact(message.at, phrases)),
      paragraph(phrases.t('mail.enrollment.next')),
    ],
  }
}

/** The number says which token to take, and opens nothing. */
function tokenAssigned(message: Of<'token_assigned'>, { phrases, organisation, publicUrl }: Voice): Content {
  const serial = { label: phrases.t('mail.fact.serial'), value: isolate(message.serial, phrases.dir) }
  const [label, url] = [phrases.t('mail.token_assigned.button'), `${publicUrl}/security-info`]
  return {
    subject: phrases.t('mail.token_assigned.subject'),
    pieces: [
      paragraph(phrases.t('mail.token_assigned.intro', { organisation })),
      facts(serial, whenFact(message.at, phrases)),
      paragraph(phrases.t('mail.token_assigned.next')),
      { kind: 'action', label, url },
    ],
  }
}

function disputed(message: Of<'disputed'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.disputed.subject'),
    pieces: [
      paragraph(phrases.t('mail.disputed.intro', { organisation })),
      facts(whenFact(message.at, phrases), {
        label: phrases.t('mail.fact.held_until'),
        value: phrases.moment(message.until),
      }),
      paragraph(phrases.t('mail.disputed.next')),
    ],
  }
}

function disputeAlert(message: Of<'dispute_alert'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.dispute_alert.subject', { login: message.login }),
    pieces: [
      paragraph(phrases.t('mail.dispute_alert.intro', { organisation })),
      paragraph(phrases.t(message.held ? 'mail.dispute_alert.held' : 'mail.dispute_alert.not_held')),
      alertFacts(message, phrases),
    ],
  }
}

function settled(message: Of<'settled'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t(`mail.settled.subject_${message.outcome}`),
    pieces: [
      paragraph(phrases.t(`mail.settled.${message.outcome}`, { organisation })),
      facts(whenFact(message.at, phrases), referenceFact(message.reference, phrases)),
    ],
  }
}

function unknownOutcome(message: Of<'unknown_outcome_alert'>, { phrases, organisation }: Voice): Content {
  return {
    subject: phrases.t('mail.unknown_outcome_alert.subject', { login: message.login }),
    pieces: [
      paragraph(phrases.t('mail.unknown_outcome_alert.intro', { organisation })),
      alertFacts(message, phrases),
    ],
  }
}

function resetRequired({ phrases, organisation, publicUrl }: Voice): Content {
  return {
    subject: phrases.t('mail.reset_required.subject'),
    pieces: [
      paragraph(phrases.t('mail.reset_required.intro', { organisation })),
      { kind: 'action', label: phrases.t('mail.reset_required.button'), url: `${publicUrl}/` },
    ],
  }
}

const alertFacts = (
  message: Of<'dispute_alert' | 'unknown_outcome_alert' | 'administrator_pass'>,
  phrases: Phrases,
): Piece =>
  facts(
    ...personFacts(message, phrases),
    whenFact(message.at, phrases),
    referenceFact(message.reference, phrases),
  )
