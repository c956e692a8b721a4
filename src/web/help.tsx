import { SECOND_SLOT, Sentence, SLOT } from './moment.tsx'
import type { PageContext } from './page.ts'

/** The way to a human and the short reference, in the same place on every page (decisions 1.3, WCAG 3.2.6). */
export function HelpPanel({ page }: { page: PageContext }) {
  const { texts, help, reference } = page
  return (
    <aside class="help" aria-labelledby="help">
      <h2 id="help">{texts.t('page.help.title')}</h2>
      <p>
        <bdi>{help.name}</bdi>
      </p>
      <p>
        <a class="telephone" href={telephoneLink(help.telephone)}>
          <bdi dir="ltr">{help.telephone}</bdi>
        </a>
        <bdi class="soft">{help.hours}</bdi>
      </p>
      <p>
        <a href={help.url}>{texts.t('page.help.link')}</a>
      </p>
      {reference && (
        <p class="reference">
          <span class="soft">{texts.t('page.help.reference')}</span>
          <bdi dir="ltr" translate={false}>
            {reference}
          </bdi>
        </p>
      )}
    </aside>
  )
}

/** The same way in words: the next step that a message offers. */
export function HumanAsNextStep({ page, isHint }: { page: PageContext; isHint?: boolean }) {
  const { texts, help, reference } = page
  const telephone = SLOT
  const text = reference
    ? texts.t('page.help.next_step_reference', { name: help.name, telephone, reference: SECOND_SLOT })
    : texts.t('page.help.next_step', { name: help.name, telephone })
  return (
    <p class={isHint ? 'hint' : undefined}>
      <Sentence text={text}>
        <a href={telephoneLink(help.telephone)}>
          <bdi dir="ltr">{help.telephone}</bdi>
        </a>
        <bdi dir="ltr" translate={false}>
          {reference}
        </bdi>
      </Sentence>
    </p>
  )
}

/** RFC 3966: digits and a leading plus. */
const telephoneLink = (telephone: string): string =>
  `tel:${telephone.startsWith('+') ? '+' : ''}${telephone.replace(/[^0-9]/g, '')}`
