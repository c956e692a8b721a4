// Shows the widget of a hosted bot check and sends what it gives. What the page gives:
//
//   <form data-hosted-check="…"             kind and site_key, as GET /api/v1/bot-check answers them
//         data-hosted-check-script="…"      the provider's script
//         data-hosted-check-action="…">     only where the provider scores in silence
//     <div data-hosted-check-place hidden>  where the widget goes
//     <p role="status" data-bot-check-status data-text-working data-text-asked data-text-done data-text-failed>
//     <button name="bot_check" value="…">   the ticket of the page without script
//
// A press that comes too early is kept, and carried out when the solution is there. Whoever cannot solve it, or cannot
// load it, gets through by the ticket, as without script.
import { type Say, SENDING_MS, sayer, TICKET_MS, takeOver } from './check-form.ts'

/** Nobody waits longer for the provider's script, or for its score. */
const LOADING_MS = 15_000

/** What is narrower gets the small widget: the usual one has 303 pixels (WCAG 1.4.10). */
const WIDE_PX = 304

/** The provider's script calls this when it is there. */
const READY = 'posternCheckReady'

/** Fields that a widget puts into the form itself: `bot_check` is the one that counts. */
const OWN_FIELDS = ['cf-turnstile-response', 'h-captcha-response', 'g-recaptcha-response']

type Kind = 'turnstile' | 'hcaptcha' | 'recaptcha'
const NAMES = { turnstile: 'turnstile', hcaptcha: 'hcaptcha', recaptcha: 'grecaptcha' } as const

/** The part of their interface that all three share; `execute` is of reCAPTCHA version 3. */
type Api = {
  render(place: HTMLElement, options: Readonly<Record<string, unknown>>): unknown
  reset(widget: unknown): void
  execute(siteKey: string, options: { readonly action: string }): PromiseLike<string>
}

type Given = { readonly kind: Kind; readonly site_key: string }

type Press = {
  /** Somebody waits for a solution. */
  isKept(): boolean
  /** A solution: the kept press is carried out. */
  solved(solution: string): void
  /** The last one is no good any more. */
  lost(): void
  /** No solution will come: the ticket takes its place as soon as it is good. */
  failed(): void
}

/** Sends the form by what it is told, once; `ask` is told of a press without a solution. */
function attendPresses(form: HTMLFormElement, say: Say, ask: () => void): Press {
  const ticketAt = Date.now() + TICKET_MS
  const { field, ticket } = takeOver(form)
  let isKept = false
  let hasAsked = false
  let hasFailed = false
  let sentUntil = 0

  const carryOut = (): void => {
    if (isKept && field.value !== '') form.requestSubmit()
  }
  form.addEventListener('submit', event => {
    const now = Date.now()
    if (field.value === '' && (hasAsked || hasFailed) && now >= ticketAt) field.value = ticket
    if (field.value !== '' && now >= sentUntil) {
      isKept = false
      sentUntil = now + SENDING_MS
      return
    }
    event.preventDefault()
    if (now < sentUntil) return
    isKept = true
    hasAsked = true
    if (!hasFailed) ask()
  })
  form.addEventListener('formdata', ({ formData }) => {
    for (const name of OWN_FIELDS) formData.delete(name)
    // Sent, and so used up.
    field.value = ''
  })
  // Back from the next page.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) sentUntil = 0
  })
  return {
    isKept: () => isKept,
    solved(solution) {
      field.value = solution
      say('done')
      carryOut()
    },
    lost() {
      field.value = ''
    },
    failed() {
      if (hasFailed) return
      hasFailed = true
      say('failed')
      setTimeout(() => {
        field.value ||= ticket
        carryOut()
      }, ticketAt - Date.now())
    },
  }
}

function attend(form: HTMLFormElement): void {
  const given: Given = JSON.parse(form.dataset['hostedCheck'] ?? '{}')
  const { hostedCheckScript: script = '', hostedCheckAction: action } = form.dataset
  const place = form.querySelector<HTMLElement>('[data-hosted-check-place]')
  const say = sayer(form)
  let ask = (): void => say(action === undefined ? 'asked' : 'working')
  const press = attendPresses(form, say, () => ask())
  if (place) place.hidden = false

  load(script, given, action !== undefined).then(api => {
    if (action !== undefined) {
      // A solution lives two minutes, so none is fetched before the press.
      ask = () => score(api, given, action, say, press)
      if (press.isKept()) ask()
    } else if (place) ask = show(api, given, place, say, press)
  }, press.failed)
}

function score(api: Api, { site_key }: Given, action: string, say: Say, press: Press): void {
  say('working')
  const tooLate = setTimeout(press.failed, LOADING_MS)
  Promise.resolve(api.execute(site_key, { action }))
    .then(press.solved, press.failed)
    .finally(() => clearTimeout(tooLate))
}

/** Draws the widget; gives back what to do about a press without a solution. */
function show(api: Api, { kind, site_key }: Given, place: HTMLElement, say: Say, press: Press): () => void {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches
  const box = document.createElement('div')
  place.append(box)
  let isSolved = false
  const widget = api.render(box, {
    sitekey: site_key,
    callback: (solution: string) => {
      isSolved = true
      press.solved(solution)
    },
    'expired-callback': () => {
      isSolved = false
      press.lost()
    },
    'error-callback': press.failed,
    theme: isDark ? 'dark' : 'light',
    size: place.clientWidth < WIDE_PX ? 'compact' : 'normal',
    ...(kind === 'turnstile' ? { language: document.documentElement.lang, 'response-field': false } : {}),
  })
  /** What was solved and sent is used up. */
  const renew = (): void => {
    if (isSolved) api.reset(widget)
    isSolved = false
  }
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) renew()
  })
  return () => {
    renew()
    say('asked')
  }
}

/** Rejects where the script does not come, or not within `LOADING_MS`. */
function load(script: string, { kind, site_key }: Given, isScored: boolean): Promise<Api> {
  const url = new URL(script)
  url.searchParams.set('onload', READY)
  url.searchParams.set('render', isScored ? site_key : 'explicit')
  if (kind !== 'turnstile') url.searchParams.set('hl', document.documentElement.lang)
  if (kind === 'hcaptcha') url.searchParams.set('recaptchacompat', 'off')
  // The window is where all three put themselves.
  const home = window as unknown as Record<string, unknown>
  return new Promise((resolve, reject) => {
    setTimeout(reject, LOADING_MS)
    home[READY] = () => resolve(home[NAMES[kind]] as Api)
    const element = document.createElement('script')
    element.src = url.href
    element.onerror = reject
    document.head.append(element)
  })
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-hosted-check]')) attend(form)
