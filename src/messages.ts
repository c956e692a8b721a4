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
  'page.skip': null
  'page.document_title': { organisation: string; title: string }
  'page.document_title_problem': { title: string }
  'page.language': null
  'page.help.title': null
  'page.help.link': null
  'page.help.reference': null
  'page.help.next_step': { name: string; telephone: string }
  'page.help.next_step_reference': { name: string; reference: string; telephone: string }
  'page.steps.title': null
  'page.steps.language': null
  'page.steps.account': null
  'page.steps.proof': null
  'page.steps.password': null
  'page.steps.done': null
  'page.steps.past': null
  'page.login.label': null
  'page.login.example': { example: string }
  'page.login.unknown': null
  'page.start.title': null
  'page.start.intro': null
  'page.start.goal': null
  'page.start.goal.password': null
  'page.start.goal.unlock': null
  'page.start.shared': null
  'page.start.shared_hint': null
  'page.start.submit': null
  'page.bot_check.working': null
  'page.bot_check.done': null
  'page.bot_check.failed': null
  'page.bot_check.ticket': { time: string }
  'page.choose.title': null
  'page.choose.title_second': null
  'page.choose.intro': null
  'page.choose.intro_second': null
  'page.choose.none': null
  'page.gate.first': null
  'page.gate.second': null
  'page.method.recommended': null
  'page.method.app_code': null
  'page.method.app_code.about': null
  'page.method.email': null
  'page.method.email.about': null
  'page.method.recovery_code': null
  'page.method.recovery_code.about': null
  'page.code.title.app_code': null
  'page.code.title.email': null
  'page.code.title.recovery_code': null
  'page.code.label.app_code': null
  'page.code.label.email': null
  'page.code.label.recovery_code': null
  'page.code.intro.app_code': { length: string; organisation: string }
  'page.code.intro.email': { length: string; organisation: string }
  'page.code.intro.recovery_code': { organisation: string }
  'page.code.sent': { address: string }
  'page.code.sent_perhaps': null
  'page.code.until': { time: string }
  'page.code.submit': null
  'page.code.tries_left': { tries: number }
  'page.code.no_tries': null
  'page.code.expired': null
  'page.code.nothing_came': null
  'page.code.resend': null
  'page.code.resend_from': { time: string }
  'page.code.again': null
  'page.code.another_way': null
  'page.password.title': null
  'page.password.label': null
  'page.password.again': null
  'page.password.show': null
  'page.password.hide': null
  'page.password.submit': null
  'page.password.too_young': { until: number }
  'page.strength.weak': null
  'page.strength.fair': null
  'page.strength.good': null
  'page.strength.strong': null
  'page.rules.title': null
  'page.rules.unknown': null
  'page.rules.met': null
  'page.rules.unmet': null
  'page.rules.advice': null
  'page.rule.min_length': { value: number }
  'page.rule.max_length': { value: number }
  'page.rule.history': { value: number }
  'page.rule.character_kinds': { value: number }
  'page.rule.no_name': null
  'page.rule.not_banned': null
  'page.unlock.title': null
  'page.unlock.intro': null
  'page.unlock.submit': null
  'page.limit.until': { time: string }
  'page.limit.soon': { time: string }
  'page.limit.more': null
  'page.cancel': null
  'page.finish': null
  'page.waiting.title_writing': null
  'page.waiting.title_uncertain': null
  'page.waiting.writing': null
  'page.waiting.uncertain': null
  'page.waiting.do_not_start_again': null
  'page.waiting.cannot_wait': null
  'page.waiting.cannot_wait_unlock': null
  'page.waiting.look': null
  'page.done.title_password': null
  'page.done.title_unlock': null
  'page.done.intro_password': null
  'page.done.intro_unlock': null
  'page.done.next': null
  'page.done.devices': null
  'page.done.computer': null
  'page.done.sessions': null
  'page.done.unlocked': null
  'page.done.told': null
  'page.done.sign_in': null
  'page.done.return': null
  'page.done.leaves': { time: string }
  'page.done.stay': null
  'page.failed.title_expired': null
  'page.failed.title_locked': null
  'page.failed.title_denied': null
  'page.failed.title_cancelled': null
  'page.failed.title_not_eligible': null
  'page.failed.expired': null
  'page.failed.locked': null
  'page.failed.denied': null
  'page.failed.cancelled': null
  'page.failed.not_eligible': null
  'page.failed.support_code': null
  'page.failed.again': null
  'page.closed.title_off': null
  'page.closed.title_not_now': null
  'page.closed.off': null
  'page.closed.not_now': null
  'page.login_help.title': null
  'page.login_help.looks_like': null
  'page.login_help.where': null
  'page.login_help.back': null
  'page.change.title': null
  'page.change.intro': null
  'page.change.old': null
  'page.change.submit': null
  'page.change.forgotten': null
  'page.change.done_title': null
  'page.change.done': null
  'page.notice.title_ask': null
  'page.notice.title_done': null
  'page.notice.title_gone': null
  'page.notice.ask': null
  'page.notice.ends': null
  'page.notice.alerts': null
  'page.notice.holds': null
  'page.notice.keeps': null
  'page.notice.submit': null
  'page.notice.was_me': null
  'page.notice.done': null
  'page.notice.gone': null
  'page.problem.again': null
  'page.problem.login_missing': null
  'page.problem.login_malformed': null
  'page.problem.bot_check_failed': null
  'page.problem.answer_missing': null
  'page.problem.answer_wrong': null
  'page.problem.method_missing': null
  'page.problem.old_missing': null
  'page.problem.old_wrong': null
  'page.problem.old_locked': null
  'page.problem.password_missing': null
  'page.problem.passwords_differ': null
  'page.problem.wrong_step': null
  'page.problem.invalid_input': null
  'page.problem.too_many': { time: string }
  'page.refusal.too_short': { value: number }
  'page.refusal.too_short_somehow': null
  'page.refusal.too_long': { value: number }
  'page.refusal.too_long_somehow': null
  'page.refusal.not_complex': null
  'page.refusal.in_history': null
  'page.refusal.too_young': { until: number }
  'page.refusal.too_young_somehow': null
  'page.refusal.same_as_current': null
  'page.refusal.banned': null
  'page.refusal.contains_name': null
  'page.refusal.breached': null
  'page.refusal.not_allowed': null
  'page.refusal.policy': null
  'page.error.title_invalid_input': null
  'page.error.title_bot_check_failed': null
  'page.error.title_not_found': null
  'page.error.title_wrong_step': null
  'page.error.title_too_large': null
  'page.error.title_too_many': null
  'page.error.title_not_now': null
  'page.error.title_internal': null
  'page.error.invalid_input': null
  'page.error.bot_check_failed': null
  'page.error.not_found': null
  'page.error.wrong_step': null
  'page.error.too_large': null
  'page.error.too_many': null
  'page.error.not_now': null
  'page.error.internal': null
  'page.error.until': { time: string }
  'page.error.start': null
  'page.error.back': null
  'page.change.uncertain': null
}
