import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { activateToken } from '../../actions/activate-token.ts'
import { type ChangeRefusal, removeOwn, renameOwn } from '../../actions/change-own.ts'
import { beginRegistration, cancelRegistration, finishRegistration } from '../../actions/register.ts'
import { askAgain } from '../../actions/second-step.ts'
import { recentActivity, securityInfo } from '../../actions/security-info.ts'
import { AppError } from '../../errors.ts'
import { METHOD_NAMES, type MethodName, type Weak } from '../../method.ts'
import { fieldsOf } from '../form-fields.ts'
import type { FormProblem } from '../forms.tsx'
import { renderPage } from '../layout.tsx'
import { attestationIn } from '../passkey-json.ts'
import type { Portal } from '../portal.ts'
import { sendPage } from '../reset/show.tsx'
import { seeOther, statusOf } from '../reset/steps.ts'
import { returnAddressOf } from '../return-cookie.ts'
import { refusalIn } from '../sign-in/refusal.ts'
import { ActivityPage } from './activity.tsx'
import { AddPage, AddressPage, CodesPage } from './add.tsx'
import { type Asked, contextOf, type Show, signedIn } from './asked.ts'
import { InfoPage } from './info.tsx'
import { MethodPage } from './method.tsx'
import { answersOf, type Choice, choicesIn } from './questions.tsx'
import { beforeList, comeBack, fromElsewhere, isComingBack, setupRoutes, showSetup } from './setup-routes.tsx'
import { TokenPage } from './token.tsx'

/** Security info: what a person has registered, and every change of it (house, section 2). */
export function securityInfoRoutes(app: FastifyInstance, portal: Portal): void {
  const { world } = portal
  const page = (path: string, show: Show) =>
    app.get(path, async (request, reply) => signedIn(portal, request, reply, show))
  const deed = (path: string, act: Show) =>
    app.post(path, async (request, reply) => signedIn(portal, request, reply, act))

  app.get('/security-info', async (request, reply) =>
    fromElsewhere(portal, request, reply, 'list', () =>
      signedIn(portal, request, reply, async asked => (await beforeList(asked)) ?? showInfo(asked, null)),
    ),
  )
  setupRoutes(app, portal)
  deed('/security-info/add', begin)
  page('/security-info/add', asked => showPending(asked, null))
  deed('/security-info/confirm', confirm)
  deed('/security-info/cancel', async ({ reply, ticket }) => {
    await cancelRegistration(world, ticket)
    return seeOther(reply, '/security-info')
  })
  page('/security-info/methods/:id', asked => showMethod(asked, null))
  deed('/security-info/methods/:id/name', rename)
  deed('/security-info/methods/:id/activate', activate)
  deed('/security-info/methods/:id/remove', remove)
  page('/security-info/activity', showActivity)
}

async function begin(asked: Asked): Promise<FastifyReply> {
  const { portal, request, reply, ticket, session } = asked
  const { method, address, mapped, setup } = fieldsOf(request)
  if (setup !== undefined) comeBack(asked)
  const name = METHOD_NAMES.find(each => each === method)
  if (!name) return showInfo(asked, { kind: 'method_missing' })
  // What must be given first has a page of its own.
  if (portal.world.methods[name].enroll?.asks === 'address' && address === undefined && mapped === undefined)
    return showAddress(asked, name, '', null)
  try {
    const begun = await beginRegistration(
      portal.world,
      ticket,
      name,
      mapped === undefined ? (address ?? null) : { mapped },
    )
    if (begun.said === 'pending') return seeOther(reply, '/security-info/add')
    if (begun.said === 'refused') return await refusedAt(asked, name, address, begun.why)
    const page = await contextOf(asked)
    if (begun.prompt.kind !== 'codes') return seeOther(reply, '/security-info')
    return sendPage(reply, 200, renderPage(<CodesPage page={page} codes={begun.prompt.codes} />))
  } catch (error) {
    return showInfo(asked, await refusalIn(portal, session, error))
  }
}

async function refusedAt(
  asked: Asked,
  method: MethodName,
  address: string | undefined,
  why: ChangeRefusal,
): Promise<FastifyReply> {
  if (why === 'stale') return proveAgain(asked)
  const problem = { kind: 'change_refused', why } as const
  return address === undefined ? showInfo(asked, problem) : showAddress(asked, method, address, problem)
}

/** Fresh proof first: by the second step where there is one, else by the password (ENR-01). */
async function proveAgain({ portal, reply, ticket, session }: Asked): Promise<FastifyReply> {
  return (await askAgain(portal.world, ticket))
    ? seeOther(reply, '/sign-in/step')
    : seeOther(reply, `/sign-in?again=1&login=${encodeURIComponent(session.login)}`)
}

async function confirm(asked: Asked): Promise<FastifyReply> {
  const { portal, request, reply, ticket } = asked
  const fields = fieldsOf(request)
  if ('topic_1' in fields) return confirmQuestions(asked, choicesIn(fields))
  const { code, passkey } = fields
  if (passkey !== undefined) return confirmPasskey(asked, passkey, fields['label'] ?? '')
  if (!code?.trim()) return showPending(asked, { kind: 'answer_missing' })
  const finished = await finishRegistration(portal.world, ticket, { kind: 'code', code })
  if (finished.said === 'added') return seeOther(reply, '/security-info')
  if (finished.why === 'stale') return proveAgain(asked)
  return finished.why === 'wrong' && finished.triesLeft > 0
    ? showPending(asked, { kind: 'answer_wrong' })
    : showInfo(asked, { kind: 'change_refused', why: finished.why === 'wrong' ? 'late' : finished.why })
}

/** Its name is what the person typed; one that cannot be a name is no reason to refuse the passkey. */
async function confirmPasskey(asked: Asked, passkey: string, label: string): Promise<FastifyReply> {
  const { portal, reply, ticket } = asked
  const attestation = attestationIn(passkey)
  if (!attestation) return showPending(asked, { kind: 'passkey_missing' })
  const finished = await finishRegistration(portal.world, ticket, { kind: 'new_passkey', attestation })
  if (finished.said === 'refused') {
    if (finished.why === 'stale') return proveAgain(asked)
    return showInfo(asked, { kind: 'change_refused', why: finished.why })
  }
  if (label.trim() !== '') await renameOwn(portal.world, ticket, finished.id, label).catch(ignoreName)
  return seeOther(reply, '/security-info')
}

function ignoreName(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'invalid-input')) throw error
}

async function confirmQuestions(asked: Asked, choices: readonly Choice[]): Promise<FastifyReply> {
  const { portal, reply, ticket } = asked
  const answers = answersOf(choices)
  if (typeof answers === 'string') return showPending(asked, { kind: answers }, choices)
  const finished = await finishRegistration(portal.world, ticket, { kind: 'questions', answers })
  if (finished.said === 'added') return seeOther(reply, '/security-info')
  if (finished.why === 'stale') return proveAgain(asked)
  if (finished.triesLeft > 0 && finished.why === 'weak')
    return showPending(asked, { kind: 'answers_weak' }, choices, finished.weak)
  // As many as are asked for, of those that are offered: any other form is not ours.
  return finished.triesLeft > 0 && finished.why === 'wrong'
    ? showPending(asked, { kind: 'answers_missing' }, choices)
    : showInfo(asked, {
        kind: 'change_refused',
        why: finished.why === 'wrong' || finished.why === 'weak' ? 'late' : finished.why,
      })
}

async function rename(asked: Asked): Promise<FastifyReply> {
  const { portal, request, reply, ticket, session } = asked
  try {
    const why = await renameOwn(portal.world, ticket, idOf(request), fieldsOf(request)['label'] ?? '')
    if (why === null) return seeOther(reply, '/security-info')
    return why === 'stale'
      ? await proveAgain(asked)
      : await showMethod(asked, { kind: 'change_refused', why })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-input') throw error
    return showMethod(asked, await refusalIn(portal, session, error))
  }
}

async function activate(asked: Asked): Promise<FastifyReply> {
  const { portal, request, reply, ticket, session } = asked
  const { code } = fieldsOf(request)
  if (!code?.trim()) return showMethod(asked, { kind: 'answer_missing' })
  try {
    const why = await activateToken(portal.world, ticket, idOf(request), { kind: 'code', code })
    if (why === null) return seeOther(reply, '/security-info')
    if (why === 'stale') return await proveAgain(asked)
    return await showMethod(
      asked,
      why === 'wrong' ? { kind: 'answer_wrong' } : { kind: 'change_refused', why },
    )
  } catch (error) {
    return showMethod(asked, await refusalIn(portal, session, error))
  }
}

async function remove(asked: Asked): Promise<FastifyReply> {
  const { portal, request, reply, ticket } = asked
  const why = await removeOwn(portal.world, ticket, idOf(request))
  if (why === null) return seeOther(reply, '/security-info')
  return why === 'stale' ? proveAgain(asked) : showMethod(asked, { kind: 'change_refused', why })
}

const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id // as: of the route's path

async function showInfo(asked: Asked, problem: FormProblem | null): Promise<FastifyReply> {
  if (problem && (isComingBack(asked) || 'setup' in fieldsOf(asked.request))) return showSetup(asked, problem)
  const info = await securityInfo(asked.portal.world, asked.ticket)
  const page = await contextOf(asked)
  const status = problem ? statusOf(problem) : 200
  const props = { page, info, problem, back: returnAddressOf(asked.portal, asked.request) }
  return sendPage(asked.reply, status, renderPage(<InfoPage {...props} />))
}

async function showAddress(
  asked: Asked,
  method: MethodName,
  address: string,
  problem: FormProblem | null,
): Promise<FastifyReply> {
  const page = await contextOf(asked)
  const props = { page, method, address, problem }
  return sendPage(asked.reply, problem ? statusOf(problem) : 200, renderPage(<AddressPage {...props} />))
}

/** What was begun and waits for its confirmation; without it, back to the list. */
async function showPending(
  asked: Asked,
  problem: FormProblem | null,
  choices: readonly Choice[] = [],
  weak: Weak['weak'] = {},
): Promise<FastifyReply> {
  const { portal, reply, ticket } = asked
  const { session } = await securityInfo(portal.world, ticket)
  if (!session.pending) return seeOther(reply, '/security-info')
  const page = await contextOf(asked)
  const props = { page, pending: session.pending, problem, choices, weak }
  return sendPage(reply, problem ? statusOf(problem) : 200, renderPage(<AddPage {...props} />))
}

async function showMethod(asked: Asked, problem: FormProblem | null): Promise<FastifyReply> {
  const info = await securityInfo(asked.portal.world, asked.ticket)
  const held = info.held.find(({ id }) => id === idOf(asked.request))
  if (!held || held.source === 'directory') throw new AppError('not-found', 'There is no such method.')
  const page = await contextOf(asked)
  const props = { page, held, problem }
  const shown = held.isWaiting ? <TokenPage {...props} /> : <MethodPage {...props} />
  return sendPage(asked.reply, problem ? statusOf(problem) : 200, renderPage(shown))
}

async function showActivity(asked: Asked): Promise<FastifyReply> {
  const activities = await recentActivity(asked.portal.world, asked.ticket)
  const page = await contextOf(asked)
  return sendPage(asked.reply, 200, renderPage(<ActivityPage page={page} activities={activities} />))
}
