import type { PageContext } from './page.ts'

/** The five steps of a reset (issue: localisation, verification, authentication, password, notification). */
const STEPS = ['language', 'account', 'proof', 'password', 'done'] as const
export type StepName = (typeof STEPS)[number]

export function Steps({ page: { texts }, step }: { page: PageContext; step: StepName }) {
  const current = STEPS.indexOf(step)
  const isDone = (at: number): boolean => at < current || step === 'done'
  return (
    <ol class="steps" aria-label={texts.t('page.steps.title')}>
      {STEPS.map((name, at) => (
        <li
          key={name}
          class={isDone(at) ? 'past' : undefined}
          aria-current={at === current ? 'step' : undefined}
        >
          <span class="label">{texts.t(`page.steps.${name}`)}</span>
          {isDone(at) && <span class="unseen"> {texts.t('page.steps.past')}</span>}
        </li>
      ))}
    </ol>
  )
}
