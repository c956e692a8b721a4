import type { MethodName } from './method.ts'

/** Every event that the product can record: a closed list (ASVS 16.2.1, 16.3.1). */
export const EVENT_NAMES = [
  'reset.started',
  'reset.throttled',
  'reset.malformed',
  'reset.wrong_step',
  'reset.challenge_begun',
  'reset.challenge_refused',
  'reset.answer_passed',
  'reset.answer_failed',
  'reset.gates_passed',
  'reset.gates_raised',
  'reset.password_refused',
  'reset.writing',
  'reset.written',
  'reset.refused_by_directory',
  'reset.uncertain',
  'reset.settled',
  'reset.failed',
  'reset.cancelled',
  'reset.extended',
  'reset.voided',
  'bot_check.failed',
  'password.change_failed',
  'password.changed',
  'password.change_uncertain',
  'sign_in.passed',
  'sign_in.failed',
  'sign_in.stepped',
  'sign_in.step_failed',
  'sign_in.ended',
  'pass.issued',
  'pass.revoked',
  'pass.used',
  'pass.refused',
  'account.explained',
  'account.held',
  'account.hold_lifted',
  'account.disputed',
  'account.reset_required',
  'account.created',
  'account.updated',
  'account.removed',
  'enrollment.imported',
  'enrollment.added',
  'enrollment.add_refused',
  'enrollment.change_refused',
  'enrollment.confirmed',
  'enrollment.renamed',
  'enrollment.removed',
  'enrollment.rested',
  'enrollment.enabled',
  'enrollment.contact_changed',
  'registration.reviewed',
  'registration.dismissed',
  'return_address.refused',
  'campaign.started',
  'campaign.paused',
  'campaign.resumed',
  'campaign.ended',
  'account.invited',
  'message.dead',
  'settings.applied',
  'server.started',
  'server.stopped',
  'directory.unavailable',
  'directory.available',
  'breach.unavailable',
  'agent.invited',
  'agent.enrolled',
  'agent.enroll_refused',
  'agent.hello_refused',
  'agent.confirmed',
  'agent.revoked',
  'agent.keys_asked',
  'agent.keys_rolled',
  'agent.call_refused',
  'agent.answer_rejected',
  'backup.made',
  'backup.restored',
  'flood.merged',
] as const
export type EventName = (typeof EVENT_NAMES)[number]

/**
 * One record. `subject` is a pseudonym of the account or of the typed login; what identifies a person stands only in
 * `person`, which the store seals under a key of that account: erasing that key erases the person (decisions 7.8).
 * `source` is sealed with it. No value is ever a secret (AUD-05).
 */
export type AuditEvent = {
  readonly name: EventName
  readonly actor: 'person' | 'operator' | 'server'
  readonly result: 'ok' | 'refused' | 'failed' | 'unknown'
  readonly reason?: string
  readonly subject?: string | null
  /** False for a login that nobody owns: then nothing is kept under a key of its own. */
  readonly real?: boolean
  readonly object?: string
  readonly reset?: string
  readonly reference?: string
  readonly method?: MethodName
  readonly detail?: Readonly<Record<string, string | number | boolean>>
  readonly person?: { readonly login?: string; readonly source?: string; readonly browser?: string | null }
}
