import { z } from 'zod'
import { REFUSAL_REASONS } from '../../directory.ts'
import { METHOD_NAMES } from '../../method.ts'
import { QUESTION_BOUNDS } from '../../topics.ts'
import { assertion, passkeyRequest } from '../passkey-json.ts'

/** The input checks of the API and its document, from one source. Every object is strict: unknown fields are refused. */

/** Longer than any login, code or solution may be; each is checked closer where it is used. */
const TEXT_MAX = 8_192

/** 256 code points are at most 512 UTF-16 units; one more must still be told as too long. */
const PASSWORD_MAX = 4_096

export const botCheckAnswer = z
  .looseObject({
    kind: z.enum(['altcha', 'turnstile', 'hcaptcha', 'recaptcha', 'none']),
    site_key: z.string().optional(),
  })
  .describe(
    'The challenge of the configured bot check: for `altcha` the fields that its solver takes, for a hosted one its site key.',
  )

export const startBody = z.strictObject({
  login: z.string().max(TEXT_MAX),
  // A missing solution is a check that was not passed, not a malformed request (`design/api.md`).
  bot_check: z.string().max(TEXT_MAX).default(''),
  goal: z.enum(['password', 'unlock']).default('password'),
  locale: z.string().max(35).optional(),
})

export const challengeBody = z.strictObject({ method: z.string().min(1).max(64) })

/** One member, by the kind of the prompt. */
export const answerBody = z.union([
  z.strictObject({ code: z.string().max(TEXT_MAX) }),
  z.strictObject({ passkey: assertion }),
  z.strictObject({
    answers: z
      .record(z.string().min(1).max(64), z.string().max(TEXT_MAX))
      .refine(answers => Object.keys(answers).length <= QUESTION_BOUNDS.count.max, 'too many answers'),
  }),
])

/** An empty object commits an unlock. */
export const passwordBody = z.strictObject({ password: z.string().max(PASSWORD_MAX).optional() })

export const resetParams = z.object({ id: z.string().min(1).max(64) })

export const waitQuery = z.object({ wait_seconds: z.coerce.number().int().min(0).max(25).default(0) })

const when = z.iso.datetime()

const prompt = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('code'),
    format: z.enum(['digits', 'base32']),
    length: z.number().int(),
    sent_to: z.string().nullable().optional(),
  }),
  z.object({ kind: z.literal('passkey'), options: passkeyRequest }),
  z.object({
    kind: z.literal('questions'),
    questions: z.array(z.object({ id: z.string(), text: z.string() })),
  }),
])

export const resetAnswer = z.object({
  id: z.string(),
  token: z.string().optional().describe('Shown once, by the call that starts the reset.'),
  goal: z.enum(['password', 'unlock']),
  state: z.enum(['proving', 'password', 'writing', 'uncertain', 'done', 'failed']),
  gates: z.object({ required: z.number().int(), passed: z.number().int() }),
  methods: z.array(z.object({ id: z.string(), name: z.enum(METHOD_NAMES), hint: z.string().nullable() })),
  challenge: z
    .object({
      method: z.string(),
      prompt,
      tries_left: z.number().int(),
      resend_after: when.nullable(),
      expires_at: when,
    })
    .optional(),
  rules: z.array(z.object({ name: z.string(), value: z.number().optional() })).optional(),
  refusal: z
    .object({
      reason: z.enum(REFUSAL_REASONS),
      message: z.string(),
      value: z.number().optional(),
      until: when.optional(),
    })
    .optional(),
  failed: z
    .object({
      why: z.enum(['expired', 'locked', 'denied', 'cancelled', 'not_eligible']),
      support_code: z.string().optional(),
    })
    .optional(),
  expires_at: when,
  extensions_left: z.number().int(),
  reference: z.string(),
  help: z.object({ name: z.string(), telephone: z.string(), hours: z.string(), url: z.string() }),
})

export type ResetAnswer = z.infer<typeof resetAnswer>

export const problemAnswer = z
  .object({ type: z.string(), title: z.string(), status: z.number().int() })
  .describe('RFC 9457; the type ends in one of the names of the closed list.')
