import { showLocalTimes } from './local-time.ts'

/** Decisions 1.11: the offer comes two minutes before the end. */
const SOON_MS = 120_000
/** The server decides when it is over; the page looks a moment later. */
const AFTER_MS = 1_500

/** The button is put away until it is needed; at the end the page shows what became of the reset. */
export function watchLimit(): void {
  const limit = document.querySelector<HTMLElement>('[data-limit]')
  if (!limit) return
  let timers: number[] = []
  const start = (leftMs: number): void => {
    for (const timer of timers) clearTimeout(timer)
    show(limit, leftMs <= SOON_MS)
    timers = [
      window.setTimeout(() => show(limit, true), leftMs - SOON_MS),
      window.setTimeout(() => location.replace(limit.dataset['limitAfter'] ?? '/'), leftMs + AFTER_MS),
    ]
  }
  start(Number(limit.dataset['limit']))
  const form = limit.querySelector('form')
  form?.addEventListener('submit', event => {
    event.preventDefault()
    extend(form).then(
      fresh => {
        limit.querySelector('p')?.replaceChildren(...(fresh.querySelector('p')?.childNodes ?? []))
        if (!fresh.querySelector('form')) form.remove()
        start(Number(fresh.dataset['limit']))
      },
      // Whatever went wrong, the plain way still tells it.
      () => form.submit(),
    )
  })
}

function show(limit: HTMLElement, isSoon: boolean): void {
  limit.classList.toggle('calm', !isSoon)
  limit.classList.toggle('soon', isSoon)
  limit.querySelector('[data-limit-long]')?.toggleAttribute('hidden', isSoon)
  limit.querySelector('[data-limit-soon]')?.toggleAttribute('hidden', !isSoon)
}

/** The same post as the form's own; the page that comes back tells the new end. */
async function extend(form: HTMLFormElement): Promise<HTMLElement> {
  const pairs = [...new FormData(form)].map(([name, value]) => [name, String(value)])
  const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(pairs) })
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const fresh = page.querySelector<HTMLElement>('[data-limit]')
  if (!fresh) throw new Error('no limit')
  showLocalTimes(fresh)
  return fresh
}
