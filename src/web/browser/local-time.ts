/** Times of day come in the organisation's zone; a reader elsewhere sees their own. */
export function showLocalTimes(root: ParentNode): void {
  const zone = document.body.dataset['zone']
  for (const element of root.querySelectorAll<HTMLTimeElement>('time[data-time]')) {
    const at = new Date(element.dateTime)
    const show = (timeZone: string | undefined): string =>
      new Intl.DateTimeFormat(document.documentElement.lang, {
        timeStyle: element.dataset['time'] === 'medium' ? 'medium' : 'short',
        ...(timeZone ? { timeZone } : {}),
      }).format(at)
    // Compared within one browser: engines differ in their spaces, and equal times must not flicker.
    if (show(undefined) !== show(zone)) element.textContent = show(undefined)
  }
}
