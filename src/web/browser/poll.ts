/** A page that waits looks every few seconds whether its reset has moved on (decisions 1.5). */
export function pollState(): void {
  const seconds = Number(document.querySelector<HTMLElement>('[data-poll]')?.dataset['poll'])
  if (!seconds) return
  const look = async (): Promise<void> => {
    const answer = await fetch('/reset', { cache: 'no-store' })
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const state = page.body.dataset['state']
    if (answer.ok && state && state !== document.body.dataset['state']) location.replace('/reset')
  }
  // An answer that does not come is no news; the next look may bring some.
  setInterval(() => look().catch(() => undefined), seconds * 1_000)
}
