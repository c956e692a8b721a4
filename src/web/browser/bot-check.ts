// Solves the bot check of a form while the person types. What the page gives:
//
//   <form data-bot-check="…"                the challenge, as GET /api/v1/bot-check answers it
//         data-bot-check-worker="…"         where bot-check-worker.js lies
//         data-bot-check-url="…">           where a fresh challenge comes from; default /api/v1/bot-check
//     <p role="status" data-bot-check-status data-text-working data-text-done data-text-failed>
//     <button name="bot_check" value="…">   the ticket of the page without script
//
// The ticket is taken off the button, and a hidden field `bot_check` carries the solution. A press that comes too early
// is kept and carried out when the solution is there. Where no worker runs, the ticket is used as without script.
import type { Challenge, Solution } from './bot-check-worker.ts'
import { SENDING_MS, sayer, TICKET_MS, takeOver } from './check-form.ts'

/** A solution this near to its end is not sent any more: the request, too, takes its time. */
const MARGIN_MS = 120_000

/** Nobody waits longer for a worker that says nothing. */
const SOLVING_MS = 120_000

type Given = Challenge & { readonly expires_in: number }

function attend(form: HTMLFormElement): void {
  const loadedAt = Date.now()
  let given: Given | null = JSON.parse(form.dataset['botCheck'] ?? 'null')
  let givenUntil = loadedAt + lifeMs(given)
  let readyUntil = 0
  let sentUntil = 0
  let working: Promise<void> | null = null
  const { field, ticket } = takeOver(form)
  const say = sayer(form)

  /** Fills the field, by the solution or else by the ticket. Never rejects. */
  const fill = async (): Promise<void> => {
    say('working')
    try {
      if (!given || Date.now() >= givenUntil) {
        given = await fetchChallenge(form)
        givenUntil = Date.now() + lifeMs(given)
      }
      field.value = encode(given, await solve(given, form.dataset['botCheckWorker'] ?? ''))
      readyUntil = givenUntil
      say('done')
    } catch {
      say('failed')
      await new Promise(resolve => setTimeout(resolve, loadedAt + TICKET_MS - Date.now()))
      field.value = ticket
      // Should it be too old, the server says so with a page that carries a new one.
      readyUntil = Number.POSITIVE_INFINITY
    }
  }
  const isReady = (): boolean => Date.now() < readyUntil
  const isSent = (): boolean => Date.now() < sentUntil
  const begin = async (): Promise<void> => {
    if (isReady() || isSent()) return
    working ??= fill().finally(() => {
      working = null
    })
    await working
  }

  form.addEventListener('focusin', begin)
  form.addEventListener('input', begin)
  setTimeout(begin, 1_000)
  form.addEventListener('submit', event => {
    if (isReady()) {
      // What is sent is used up: a second press would be refused, and its answer would hide the good one.
      readyUntil = 0
      given = null
      sentUntil = Date.now() + SENDING_MS
      return
    }
    event.preventDefault()
    const pressed = event.submitter
    if (isSent() || pressed?.hasAttribute('aria-disabled')) return
    pressed?.setAttribute('aria-disabled', 'true')
    begin().then(() => {
      pressed?.removeAttribute('aria-disabled')
      // Whatever the challenge says of its life, a press that has waited is carried out.
      readyUntil = Math.max(readyUntil, Date.now() + 1_000)
      form.requestSubmit(pressed)
    })
  })
  // Back from the next page.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) sentUntil = 0
  })
}

const lifeMs = (given: Given | null): number => (given?.expires_in ?? 0) * 1_000 - MARGIN_MS

async function fetchChallenge(form: HTMLFormElement): Promise<Given> {
  const answer = await fetch(form.dataset['botCheckUrl'] ?? '/api/v1/bot-check', { cache: 'no-store' })
  if (!answer.ok) throw new Error(String(answer.status))
  return answer.json()
}

const encode = ({ parameters, signature }: Challenge, solution: Solution): string =>
  btoa(JSON.stringify({ challenge: { parameters, signature }, solution }))

/** Rejects where no worker can be started, where it fails, and after `SOLVING_MS`. */
function solve({ parameters, signature }: Challenge, url: string): Promise<Solution> {
  const worker = new Worker(url)
  return new Promise<Solution>((resolve, reject) => {
    setTimeout(reject, SOLVING_MS)
    worker.onerror = reject
    worker.onmessage = ({ data }: MessageEvent<Solution & { readonly error?: string }>) =>
      data.error === undefined ? resolve(data) : reject(new Error(data.error))
    worker.postMessage({ parameters, signature })
  }).finally(() => worker.terminate())
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-bot-check]')) attend(form)
