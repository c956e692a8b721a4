import type { ChallengeView, ResetView } from '../../actions/view.ts'
import type { Help } from '../../help.ts'
import { type Instant, toRfc3339 } from '../../lib/clock.ts'
import type { Prompt } from '../../method.ts'
import { questionText } from '../../topics.ts'
import { refusalText } from '../forms.tsx'
import type { PageContext } from '../page.ts'
import type { ResetAnswer } from './schemas.ts'

type Around = {
  readonly help: Help
  readonly texts: PageContext['texts']
  readonly token: string | undefined
}

/** A reset as the API says it (`design/api.md`). */
export function resetAnswerOf(view: ResetView, { help, texts, token }: Around): ResetAnswer {
  const { challenge, rules, refusal, failed } = view
  return {
    id: view.id,
    ...(token === undefined ? {} : { token }),
    goal: view.goal,
    state: view.state,
    gates: view.gates,
    methods: [...view.methods],
    ...(challenge ? { challenge: challengeAnswer(challenge, texts) } : {}),
    ...(rules ? { rules: rules.map(rule => ({ ...rule })) } : {}),
    ...(refusal
      ? {
          refusal: {
            reason: refusal.reason,
            message: refusalText({ texts }, refusal),
            ...(refusal.value === undefined ? {} : { value: refusal.value }),
            ...(refusal.until === undefined ? {} : { until: toRfc3339(refusal.until) }),
          },
        }
      : {}),
    ...(failed
      ? { failed: { why: failed.why, ...(failed.supportCode ? { support_code: failed.supportCode } : {}) } }
      : {}),
    expires_at: toRfc3339(view.expiresAt),
    extensions_left: view.extensionsLeft,
    reference: view.reference,
    help: { ...help },
  }
}

const challengeAnswer = (
  { method, prompt, triesLeft, resendAfter, expiresAt }: ChallengeView,
  texts: Around['texts'],
): ResetAnswer['challenge'] => {
  return {
    method,
    prompt: promptAnswer(prompt, texts),
    tries_left: triesLeft,
    resend_after: orNull(resendAfter),
    expires_at: toRfc3339(expiresAt),
  }
}

function promptAnswer(
  prompt: Prompt,
  texts: Around['texts'],
): NonNullable<ResetAnswer['challenge']>['prompt'] {
  if (prompt.kind === 'questions') {
    const questions = prompt.questions.map(question => ({
      id: question.id,
      text: questionText(texts, question),
    }))
    return { kind: 'questions', questions }
  }
  if (prompt.kind !== 'code') return prompt
  const { sentTo, ...asked } = prompt
  return { ...asked, ...(sentTo === undefined ? {} : { sent_to: sentTo }) }
}

const orNull = (at: Instant | null): string | null => (at === null ? null : toRfc3339(at))
