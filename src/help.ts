/** The way to a human: required settings, on every page from the login on and in every mail (decisions 1.3). */
export type Help = {
  readonly name: string
  readonly telephone: string
  readonly hours: string
  readonly url: string
}
