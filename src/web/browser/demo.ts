// The demo's window: codes and mail stay fresh, and the sample directory can be asked whether a password works.
const EVERY_MS = 2_000

/** Parts of the page with `data-live` and an id are taken from the page as it is now. */
async function refresh(): Promise<void> {
  if (document.hidden) return
  // The query holds the key of the authenticator.
  const answer = await fetch(`/demo${location.search}`, { cache: 'no-store' })
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const part of document.querySelectorAll<HTMLElement>('[data-live]')) {
    const fresh = page.getElementById(part.id)
    // Compared with what came before, not with what is shown: an opened message is no change.
    const html = fresh?.innerHTML ?? ''
    if (!fresh || html === seen.get(part.id)) continue
    if (seen.has(part.id)) part.innerHTML = html
    seen.set(part.id, html)
  }
}

const seen = new Map<string, string>()
setInterval(() => refresh().catch(() => undefined), EVERY_MS)

const section = document.querySelector<HTMLElement>('[data-sign-in]')
section?.removeAttribute('hidden')
section?.querySelector('form')?.addEventListener('submit', event => {
  event.preventDefault()
  // as: the listener sits on a form
  signIn(event.currentTarget as HTMLFormElement).catch(() => undefined)
})

async function signIn(form: HTMLFormElement): Promise<void> {
  const status = form.querySelector('[role=status]')
  const { login, password } = Object.fromEntries(new FormData(form))
  const answer = await fetch(form.action, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  })
  if (status)
    status.textContent = answer.ok ? 'Yes: this password signs in.' : 'No: this password does not sign in.'
}
