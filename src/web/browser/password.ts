// Makes a form with a new password easier. What the page gives, and what becomes of it:
//
//   <form data-password-form>
//     <input type="password" data-password>       the new password
//     <button type="button" hidden data-show-password data-text-show="…" data-text-hide="…">
//                                                 is there with this script; its words and aria-pressed change
//     <div data-password-again> <input> </div>    the second field: there without script, and with it as long as
//                                                 what stands in the first was never shown
//     <ul data-rules data-text-met="(fulfilled)" data-text-unmet="(not yet fulfilled)">
//       <li data-rule="min_length" data-value="12">
//                                                 min_length, max_length and character_kinds get the class `met`
//                                                 and the words; what only the server can judge stays as it is
//     <p role="status" data-strength data-text-0="…" … data-text-4="…">
//                                                 a hint, from the moment that the field is first focused
//
// Everything here is comfort: the server judges again, by the same rules (PWD-07, PWD-08).
import { isMet } from './password-rules.ts'

/** Typing goes on: what is read out, and what costs a few milliseconds, waits for a pause. */
const PAUSE_MS = 600

function attend(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>('[data-password]')
  if (!field) return
  const typed: (() => void)[] = [showing(form, field), ruling(form, field)]
  field.addEventListener('input', () => {
    for (const react of typed) react()
  })
  field.addEventListener('focus', () => void hint(form, field), { once: true })
  if (document.activeElement === field) void hint(form, field)
}

/** The button, and the second field with it: what was shown once need not be typed twice (decisions 1.6). */
function showing(form: HTMLFormElement, field: HTMLInputElement): () => void {
  const button = form.querySelector<HTMLButtonElement>('[data-show-password]')
  const again = form.querySelector<HTMLElement>('[data-password-again]')
  const second = again?.querySelector('input')
  if (!button) return () => {}
  const show = (isShown: boolean): void => {
    field.type = isShown ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(isShown))
    button.textContent = button.dataset[isShown ? 'textHide' : 'textShow'] ?? ''
  }
  /** A disabled field is not sent, so the server compares nothing. */
  const need = (isNeeded: boolean): void => {
    again?.toggleAttribute('hidden', !isNeeded)
    if (!second || second.disabled === !isNeeded) return
    second.disabled = !isNeeded
    second.value = ''
  }
  const typed = (): void => need(field.type === 'password' || field.value === '')
  button.hidden = false
  button.addEventListener('click', () => {
    const isShown = field.type === 'password'
    show(isShown)
    if (isShown) typed()
  })
  form.addEventListener('submit', () => show(false))
  // A page that comes back from the browser's memory starts hidden.
  window.addEventListener('pagehide', () => show(false))
  return typed
}

/** Marks each rule as met or not, for eyes at once, for ears after a pause and only what changed. */
function ruling(form: HTMLFormElement, field: HTMLInputElement): () => void {
  const list = form.querySelector<HTMLElement>('[data-rules]')
  const rules = [...form.querySelectorAll<HTMLElement>('[data-rule]')].flatMap(item => {
    const { rule = '', value } = item.dataset
    if (isMet(rule, Number(value), '') === null) return []
    const state = item.appendChild(document.createElement('span'))
    return [{ item, rule, value: Number(value), text: item.textContent?.trim() ?? '', state, said: '' }]
  })
  const status = form.appendChild(document.createElement('p'))
  status.className = 'unseen'
  status.setAttribute('role', 'status')
  const words = (met: boolean): string => list?.dataset[met ? 'textMet' : 'textUnmet'] ?? ''
  const say = paused(() => {
    const changed = rules.filter(each => each.said !== each.state.textContent)
    for (const each of changed) each.said = each.state.textContent ?? ''
    if (changed.length > 0) status.textContent = changed.map(each => each.text + each.said).join('. ')
  })
  return () => {
    for (const { item, rule, value, state } of rules) {
      const met = isMet(rule, value, field.value) === true
      item.classList.toggle('met', met)
      state.textContent = field.value === '' ? '' : ` ${words(met)}`
    }
    say()
  }
}

/** The words come with a file of their own, which is large and therefore fetched for whoever is about to type. */
async function hint(form: HTMLFormElement, field: HTMLInputElement): Promise<void> {
  const status = form.querySelector<HTMLElement>('[data-strength]')
  if (!status) return
  const { strengthOf } = await import('./strength.ts')
  const judge = paused(() => {
    status.textContent = field.value === '' ? '' : (status.dataset[`text-${strengthOf(field.value)}`] ?? '')
  })
  field.addEventListener('input', judge)
  judge()
}

function paused(work: () => void): () => void {
  let timer = 0
  return () => {
    clearTimeout(timer)
    timer = window.setTimeout(work, PAUSE_MS)
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>('[data-password-form]')) attend(form)
