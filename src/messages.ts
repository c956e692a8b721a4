// Made from locales/en.json by scripts/texts.ts; never edited by hand.
/** Every message and what it takes: text, a number, or an Instant for a date or a time. */
export type Messages = {
  'language.name': null
  'language.choose': null
  'mail.greeting': { name: string }
  'mail.footer.help': null
  'mail.footer.never': null
  'mail.footer.automatic': { organisation: string }
  'mail.fact.when': null
  'mail.fact.network': null
  'mail.fact.browser': null
  'mail.fact.methods': null
  'mail.fact.method': null
  'mail.fact.failures': null
  'mail.fact.codes_left': null
  'mail.fact.reference': null
  'mail.fact.person': null
  'mail.fact.login': null
  'mail.fact.valid_from': null
  'mail.fact.held_until': null
  'mail.method.app_code': null
  'mail.method.email': null
  'mail.method.recovery_code': null
  'mail.not_me.ask': null
  'mail.not_me.button': null
  'mail.not_me.explain': null
  'mail.was_you': null
  'mail.code.subject': { organisation: string }
  'mail.code.intro': { organisation: string }
  'mail.code.until': { at: number }
  'mail.code.ignore': null
  'mail.password_reset.subject': null
  'mail.password_reset.intro': { organisation: string }
  'mail.password_changed.subject': null
  'mail.password_changed.intro': { organisation: string }
  'mail.account_unlocked.subject': null
  'mail.account_unlocked.intro': { organisation: string }
  'mail.recovery_code_used.subject': null
  'mail.recovery_code_used.intro': { left: number; organisation: string }
  'mail.administrator_reset.subject': null
  'mail.administrator_reset.intro': { organisation: string }
  'mail.cannot_reset.subject': null
  'mail.cannot_reset.intro': { organisation: string }
  'mail.cannot_reset.out_of_scope': null
  'mail.cannot_reset.disabled': null
  'mail.cannot_reset.expired': null
  'mail.cannot_reset.protected': null
  'mail.cannot_reset.too_few_methods': null
  'mail.cannot_reset.held': null
  'mail.cannot_reset.too_young': null
  'mail.cannot_reset.locked_for_good': null
  'mail.cannot_reset.next': null
  'mail.failures.subject': null
  'mail.failures.intro': { organisation: string }
  'mail.failures.next': null
  'mail.contact_changed.subject': null
  'mail.contact_changed.intro': { organisation: string }
  'mail.contact_changed.next': null
  'mail.enrolled.subject': null
  'mail.enrolled.intro': { organisation: string }
  'mail.enrollment_removed.subject': null
  'mail.enrollment_removed.intro': { organisation: string }
  'mail.enrollment.next': null
  'mail.disputed.subject': null
  'mail.disputed.intro': { organisation: string }
  'mail.disputed.next': null
  'mail.dispute_alert.subject': { login: string }
  'mail.dispute_alert.intro': { organisation: string }
  'mail.dispute_alert.held': null
  'mail.dispute_alert.not_held': null
  'mail.settled.subject_changed': null
  'mail.settled.subject_unchanged': null
  'mail.settled.subject_unknown': null
  'mail.settled.changed': { organisation: string }
  'mail.settled.unchanged': { organisation: string }
  'mail.settled.unknown': { organisation: string }
  'mail.unknown_outcome_alert.subject': { login: string }
  'mail.unknown_outcome_alert.intro': { organisation: string }
  'mail.reset_required.subject': null
  'mail.reset_required.intro': { organisation: string }
  'mail.reset_required.button': null
}
