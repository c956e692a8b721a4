import { type Account, sameRef } from './account.ts'
import type { AuditEvent, EventName } from './audit.ts'
import { type Instant, minutes } from './lib/clock.ts'
import { REFUSALS_MAX, TRIES_MAX } from './limit.ts'
import {
  type Challenge,
  type Effect,
  type Event,
  type Failure,
  isExpired,
  isFinal,
  isWriting,
  openChallenge,
  optionOf,
  proofBehind,
  type Reset,
  type Stepped,
} from './reset.ts'
import { EXTENSION_MINUTES, RESET_MINUTES_MAX } from './settings.ts'

/** The whole flow, pure. Expiry is looked at before anything else; no path can forget it. */
export function step(reset: Reset, event: Event, now: Instant): Stepped {
  if (isExpired(reset, now)) return fail(reset, 'expired', null)
  switch (event.kind) {
    case 'tick':
      return { reset, effects: [] }
    case 'failed':
      return isFinal(reset) || isWriting(reset) ? ignore(reset) : fail(reset, event.why, event.supportCode)
    case 'extended':
      return extend(reset, now)
    case 'challenged':
      return challenged(reset, event.challenge)
    case 'answered':
      return answered(reset, event.option, now)
    case 'judged':
      return judged(reset, event, now)
    case 'raised':
      return raised(reset, event)
    case 'submitted':
      return submitted(reset, event, now)
    case 'refused':
      return refused(reset, event, now)
    case 'written':
      return finished(reset, now)
    case 'lost':
      return lost(reset)
    case 'unwritten':
      return unwritten(reset, now)
    case 'overtaken':
      return overtaken(reset)
    case 'given_up':
      return reset.phase.name === 'uncertain' ? fail(reset, 'expired', null) : ignore(reset)
  }
}

function challenged(reset: Reset, challenge: Challenge): Stepped {
  if (reset.phase.name !== 'proving' || !reset.options.some(option => option.id === challenge.option))
    return ignore(reset)
  const others = reset.challenges.filter(({ option }) => option !== challenge.option)
  const isNew = !reset.challenges.includes(challenge)
  return {
    reset: {
      ...reset,
      challenges: [...others, challenge],
      phase: { name: 'proving', open: challenge.option },
    },
    effects: isNew ? [record(reset, 'reset.challenge_begun', 'ok', { method: challenge.method })] : [],
  }
}

function answered(reset: Reset, option: string, now: Instant): Stepped {
  const challenge = openChallenge(reset)
  if (challenge?.option !== option || challenge.tries >= TRIES_MAX || now >= challenge.expiresAt)
    return ignore(reset)
  return { reset: replaceChallenge(reset, { ...challenge, tries: challenge.tries + 1 }), effects: [] }
}

function judged(reset: Reset, event: Event & { kind: 'judged' }, now: Instant): Stepped {
  const challenge = openChallenge(reset)
  const option = reset.options.find(({ id }) => id === event.option)
  if (challenge?.option !== event.option || !option) return ignore(reset)
  const { method, enrollment } = option
  const by = optionOf(option, event.by ?? enrollment ?? '')
  // A decoy has no account, an empty option no enrollment: neither is ever passed, whatever was judged.
  if (!event.passed || reset.account === null || !by || by.enrollment === null) {
    return { reset, effects: [record(reset, 'reset.answer_failed', 'refused', { method, reason: 'wrong' })] }
  }
  const passed = [...reset.passed, proofBehind(by, by.enrollment, now)]
  const proof = record(reset, 'reset.answer_passed', 'ok', { method })
  if (passed.length < reset.gates) {
    const next: Reset = {
      ...reset,
      passed,
      options: event.options,
      challenges: [],
      phase: { name: 'proving', open: null },
    }
    return { reset: next, effects: [proof] }
  }
  const expiresAt = Math.min(now + minutes(reset.profile.afterLastGateMinutes), lastMoment(reset))
  const open: Reset = {
    ...reset,
    passed,
    options: [],
    challenges: [],
    expiresAt,
    phase: { name: 'password', refusal: null },
  }
  return { reset: open, effects: [proof, record(reset, 'reset.gates_passed', 'ok')] }
}

function raised(reset: Reset, event: Event & { kind: 'raised' }): Stepped {
  if (reset.phase.name !== 'password' || event.gates <= reset.passed.length) return ignore(reset)
  const next: Reset = {
    ...reset,
    gates: event.gates,
    options: event.options,
    phase: { name: 'proving', open: null },
  }
  return { reset: next, effects: [record(reset, 'reset.gates_raised', 'refused', { reason: 'policy' })] }
}

function submitted(reset: Reset, { key, account }: Event & { kind: 'submitted' }, now: Instant): Stepped {
  if (reset.phase.name !== 'password' || !mayWrite(reset, account)) return ignore(reset)
  return {
    reset: { ...reset, account, phase: { name: 'writing', key, since: now } },
    effects: [record(reset, 'reset.writing', 'ok', { object: key })],
  }
}

/** The last line of defence: the same account, and as many proofs on as many channels as gates. */
const mayWrite = (reset: Reset, fresh: Account): boolean =>
  reset.account !== null &&
  sameRef(reset.account.ref, fresh.ref) &&
  new Set(reset.passed.map(proof => proof.channel)).size >= reset.gates

function refused(reset: Reset, { refusal, attempt }: Event & { kind: 'refused' }, now: Instant): Stepped {
  if (reset.phase.name !== 'writing' && reset.phase.name !== 'password') return ignore(reset)
  const refusals = reset.refusals + 1
  const name: EventName =
    reset.phase.name === 'writing' ? 'reset.refused_by_directory' : 'reset.password_refused'
  const said = record(reset, name, 'refused', { reason: refusal.reason })
  if (refusals > REFUSALS_MAX) {
    const ended = fail({ ...reset, refusals, phase: { name: 'password', refusal } }, 'locked', null)
    return { ...ended, effects: [said, ...ended.effects] }
  }
  const open: Reset = {
    ...handedBack(reset, now),
    refusals,
    refusedAttempt: attempt,
    phase: { name: 'password', refusal },
  }
  return { reset: open, effects: [said] }
}

/** Time runs only while it is the person's turn: what the directory took is given back, up to the last moment. */
const handedBack = (reset: Reset, now: Instant): Reset =>
  reset.phase.name === 'writing' || reset.phase.name === 'uncertain'
    ? { ...reset, expiresAt: Math.min(reset.expiresAt + now - reset.phase.since, lastMoment(reset)) }
    : reset

function finished(reset: Reset, now: Instant): Stepped {
  if (!isWriting(reset)) return ignore(reset)
  const settled = reset.phase.name === 'uncertain'
  const about = reset.goal === 'unlock' ? 'account_unlocked' : 'password_reset'
  const effects: Effect[] = [record(reset, settled ? 'reset.settled' : 'reset.written', 'ok')]
  effects.push({ do: 'tell_owner', about }, { do: 'end_others' })
  return { reset: { ...reset, phase: { name: 'done', at: now } }, effects }
}

function lost(reset: Reset): Stepped {
  if (reset.phase.name !== 'writing') return ignore(reset)
  return {
    reset: { ...reset, phase: { ...reset.phase, name: 'uncertain' } },
    effects: [record(reset, 'reset.uncertain', 'unknown')],
  }
}

function unwritten(reset: Reset, now: Instant): Stepped {
  if (!isWriting(reset)) return ignore(reset)
  const effects: Effect[] = [record(reset, 'reset.settled', 'failed', { reason: 'unchanged' })]
  // Whoever was told "we do not know" is told the answer; in `writing` the person still waits for the first one.
  if (reset.phase.name === 'uncertain') effects.push({ do: 'tell_owner', about: 'nothing_written' })
  const open: Reset = { ...handedBack(reset, now), phase: { name: 'password', refusal: null } }
  if (now < open.expiresAt) return { reset: open, effects }
  const late = fail(open, 'expired', null)
  return { reset: late.reset, effects: [...effects, ...late.effects] }
}

function overtaken(reset: Reset): Stepped {
  const { phase } = reset
  if (phase.name !== 'writing' && phase.name !== 'uncertain') return ignore(reset)
  return { reset: { ...reset, phase: { ...phase, overtaken: true } }, effects: [] }
}

function extend(reset: Reset, now: Instant): Stepped {
  if (isFinal(reset) || isWriting(reset) || reset.extensions >= reset.profile.extensions) return ignore(reset)
  const expiresAt = Math.min(Math.max(reset.expiresAt, now) + minutes(EXTENSION_MINUTES), lastMoment(reset))
  return {
    reset: { ...reset, extensions: reset.extensions + 1, expiresAt },
    effects: [record(reset, 'reset.extended', 'ok')],
  }
}

/** Two hours after the start at most; in the strict profile the plain life of a reset. */
const lastMoment = ({ startedAt, profile }: Reset): Instant =>
  startedAt + minutes(profile.extensions > 0 ? RESET_MINUTES_MAX : profile.resetMinutes)

function fail(reset: Reset, why: Failure, supportCode: string | null): Stepped {
  const name: EventName = why === 'cancelled' ? 'reset.cancelled' : 'reset.failed'
  return {
    reset: { ...reset, challenges: [], phase: { name: 'failed', why, supportCode } },
    effects: [record(reset, name, 'refused', { reason: why })],
  }
}

const ignore = (reset: Reset): Stepped => ({ reset, effects: [], ignored: true })

const replaceChallenge = (reset: Reset, challenge: Challenge): Reset => ({
  ...reset,
  challenges: reset.challenges.map(other => (other.option === challenge.option ? challenge : other)),
})

type Detail = Pick<AuditEvent, 'method' | 'reason' | 'object'>

/** The audit record of something that happened in a reset. */
export const record = (
  reset: Reset,
  name: EventName,
  result: AuditEvent['result'],
  detail: Detail = {},
): Effect & { do: 'audit' } => ({
  do: 'audit',
  event: {
    name,
    actor: name === 'reset.settled' ? 'server' : 'person',
    result,
    subject: reset.subject,
    real: reset.account !== null,
    reset: reset.id,
    reference: reset.reference,
    person: { login: reset.login, source: reset.source, browser: reset.browser },
    ...detail,
  },
})
