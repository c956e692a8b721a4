import type { ResetView } from '../actions/view.ts'
import type { MethodName } from '../method.ts'
import { Form } from './forms.tsx'
import type { PageContext } from './page.ts'

/** What most people have; a passkey's press by somebody who has none would only cost a step. */
const RECOMMENDED: MethodName = 'app_code'

type MethodsProps = {
  readonly page: PageContext
  readonly methods: ResetView['methods']
  readonly isFull?: boolean
  readonly action?: string
}

/** One button per method, the recommended one first. Pressing it is what sends; nothing else does (decisions 1.4). */
export function MethodButtons({ page, methods, isFull, action = '/reset/challenge' }: MethodsProps) {
  const { texts } = page
  const first = methods.filter(({ name }) => name === RECOMMENDED)
  const rest = methods.filter(({ name }) => name !== RECOMMENDED)
  return (
    <Form page={page} action={action} class={isFull ? 'methods' : 'methods small'}>
      {[...first, ...rest].map(({ id, name, hint }) => (
        <button key={id} type="submit" name="method" value={id}>
          <Icon method={name} />
          <span class="name">
            {texts.t(`page.method.${name}`)}
            {isFull && name === RECOMMENDED && methods.length > 1 && (
              <span class="tag">{texts.t('page.method.recommended')}</span>
            )}
          </span>
          {isFull && <span class="about">{texts.t(`page.method.${name}.about`)}</span>}
          {hint && (
            <bdi class="about" dir="ltr">
              {hint}
            </bdi>
          )}
        </button>
      ))}
    </Form>
  )
}

const ICONS: Readonly<Record<MethodName, string>> = {
  passkey:
    'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 9a7 7 0 0 1 10-6.3M17.5 14a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm0 0v7l2-1.8-1.2-1.7 1.2-1.5',
  app_code:
    'M8 2h8a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm1.5 9.5h.01m2.49 0h.01m2.49 0h.01M11 18.5h2',
  email:
    'M4 5h16a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 20 19H4a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 4 5zm-1 1.5 9 7 9-7',
  security_questions:
    'M4 4h16a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 20 16h-7l-5 5v-5H4a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 4 4zm6 4a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1m0 2.3h.01',
  recovery_code: 'M5 3h14v18H5zM8.5 8h2m3 0h2m-7 4h2m3 0h2m-7 4h2m3 0h2',
  hardware_code:
    'M6 7h13a2.5 2.5 0 0 1 2.5 2.5v5A2.5 2.5 0 0 1 19 17H6a4 4 0 0 1-3.5-5A4 4 0 0 1 6 7zm4 3h8v4h-8zM5.5 12h.01',
}

export const Icon = ({ method }: { method: MethodName }) => (
  <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <path d={ICONS[method]} />
  </svg>
)
