// What the scripts of both bot checks share: the field that carries the solution, and the page's own words.

/** The server takes a ticket from 20 s after the page on (decisions 1.12). */
export const TICKET_MS = 20_500

/** So long a second press is taken for the other half of a double one; after it the first has failed. */
export const SENDING_MS = 10_000

/** `asked`: a person must do something; the others say what the script does. */
export type Say = (what: 'working' | 'asked' | 'done' | 'failed') => void

/** A hidden field takes the place of the ticket: two fields of one name would be refused. */
export function takeOver(form: HTMLFormElement): { field: HTMLInputElement; ticket: string } {
  const button = form.querySelector<HTMLButtonElement>('button[name=bot_check]')
  button?.removeAttribute('name')
  const field = document.createElement('input')
  field.type = 'hidden'
  field.name = 'bot_check'
  form.append(field)
  return { field, ticket: button?.value ?? '' }
}

/** Puts the page's own words into its status line; a screen reader hears them when it has time. */
export function sayer(form: HTMLFormElement): Say {
  const status = form.querySelector<HTMLElement>('[data-bot-check-status]')
  return what => {
    if (status) status.textContent = status.getAttribute(`data-text-${what}`)
  }
}
