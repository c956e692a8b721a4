/**
 * Shared computers (decisions 1.10): a minute after the end, or after ten idle minutes, the page presses *Finish*.
 * Whoever types, points or touches is not idle.
 */
export function watchFinish(): void {
  const ended = document.querySelector<HTMLElement>('[data-finish-after]')
  const form = ended?.querySelector('form')
  if (ended && form) setTimeout(() => form.submit(), Number(ended.dataset['finishAfter']) * 1_000)
  const idle = document.querySelector<HTMLFormElement>('form[data-finish-idle]')
  if (!idle) return
  const seconds = Number(idle.dataset['finishIdle'])
  let timer = 0
  const restart = (): void => {
    clearTimeout(timer)
    timer = window.setTimeout(() => idle.submit(), seconds * 1_000)
  }
  for (const kind of ['keydown', 'pointerdown', 'pointermove', 'scroll']) addEventListener(kind, restart)
  restart()
}
