import { isolate } from '../lib/isolate.ts'
import type { MethodName } from '../method.ts'
import type { Origin } from '../notifier.ts'
import type { Fact, Piece, Voice } from './letter.ts'
import { browserFamily, roughNetwork } from './origin.ts'

export const paragraph = (text: string): Piece => ({ kind: 'paragraph', text })
export const facts = (...given: (Fact | null)[]): Piece => ({
  kind: 'facts',
  facts: given.filter(fact => fact !== null),
})

export type Phrases = Voice['phrases']

export const whenFact = (at: number, phrases: Phrases): Fact => ({
  label: phrases.t('mail.fact.when'),
  value: phrases.moment(at),
})

export const referenceFact = (reference: string, phrases: Phrases): Fact => ({
  label: phrases.t('mail.fact.reference'),
  value: isolate(reference, phrases.dir),
})

export const methodFact = (method: MethodName, phrases: Phrases): Fact => ({
  label: phrases.t('mail.fact.method'),
  value: phrases.t(`mail.method.${method}`),
})

export const methodsFact = (methods: readonly MethodName[], phrases: Phrases): Fact | null =>
  methods.length === 0
    ? null
    : {
        label: phrases.t('mail.fact.methods'),
        value: phrases.list(methods.map(method => phrases.t(`mail.method.${method}`))),
      }

/** When, from which network and with what, each as far as it is known. */
export function originFacts(origin: Origin, phrases: Phrases): (Fact | null)[] {
  const network = roughNetwork(origin.source)
  const browser = browserFamily(origin.browser)
  return [
    whenFact(origin.at, phrases),
    network === null ? null : { label: phrases.t('mail.fact.network'), value: isolate(network, phrases.dir) },
    browser === null ? null : { label: phrases.t('mail.fact.browser'), value: isolate(browser, phrases.dir) },
  ]
}

export const personFacts = (person: { displayName: string; login: string }, phrases: Phrases): Fact[] => [
  { label: phrases.t('mail.fact.person'), value: isolate(person.displayName, phrases.dir) },
  { label: phrases.t('mail.fact.login'), value: isolate(person.login, phrases.dir) },
]
