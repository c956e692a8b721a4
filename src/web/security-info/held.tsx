import type { Held } from '../../actions/security-info.ts'
import { Form } from '../forms.tsx'
import { Icon } from '../methods.tsx'
import type { PageContext } from '../page.ts'

type HeldProps = {
  readonly page: PageContext
  readonly held: Held
  /** Without it nothing can be done about it here. */
  readonly isManaged?: boolean
  /** An address of the directory that a code may be sent to. */
  readonly isUnconfirmed?: boolean
  /** From the page that asks for what is missing, and back to it. */
  readonly isSetup?: boolean
}

/** One registered method: what it is, its hint, and how it stands. */
export function HeldItem({ page, held, isManaged, isUnconfirmed, isSetup }: HeldProps) {
  const { texts } = page
  const isOwn = held.source !== 'directory'
  return (
    <li>
      <Icon method={held.method} />
      <div>
        <p class="name">
          {texts.t(`page.method.${held.method}`)}
          {held.label && (
            <>
              {' – '}
              <bdi>{held.label}</bdi>
            </>
          )}
        </p>
        {held.hint && (
          <p class="about">
            <bdi dir="ltr">{held.hint}</bdi>
          </p>
        )}
        {held.serial && (
          <p class="about">
            {texts.t('page.held.serial')} <bdi dir="ltr">{held.serial}</bdi>
          </p>
        )}
        <p class="about">{stateOf(page, held)}</p>
        {isUnconfirmed && <ConfirmAddress page={page} held={held} isSetup={isSetup ?? false} />}
      </div>
      {isOwn && isManaged && (
        <a href={`/security-info/methods/${held.id}`}>
          {texts.t(held.isWaiting ? 'page.info.activate' : 'page.info.manage')}
          <span class="unseen">
            {' '}
            {texts.t(`page.method.${held.method}`)} {held.label}
          </span>
        </a>
      )}
    </li>
  )
}

/** The address itself stays with us: the form names it by its id (PRV-04). */
const ConfirmAddress = ({ page, held, isSetup }: Required<Pick<HeldProps, 'page' | 'held' | 'isSetup'>>) => (
  <Form page={page} action="/security-info/add">
    <input type="hidden" name="method" value={held.method} />
    <input type="hidden" name="mapped" value={held.id} />
    {isSetup && <input type="hidden" name="setup" value="yes" />}
    <button type="submit">{page.texts.t('page.setup.mapped_submit')}</button>
  </Form>
)

function stateOf({ texts }: PageContext, held: Held): string {
  if (held.source === 'directory') return texts.t('page.info.from_directory')
  if (held.isWaiting) return texts.t('page.info.waiting')
  if (held.isUsedUp) return texts.t('page.info.used_up')
  if (held.countsFrom !== null) return texts.t('page.info.counts_from', { at: texts.moment(held.countsFrom) })
  if (held.decidesFrom !== null)
    return texts.t('page.info.alone_from', { at: texts.moment(held.decidesFrom) })
  return held.lastUsedAt === null
    ? texts.t('page.info.never_used')
    : texts.t('page.info.last_used', { at: texts.moment(held.lastUsedAt) })
}
