import type { PageContext } from './page.ts'

type SharedProps = {
  readonly page: PageContext
  /** On by default in the networks that the organisation says so of. */
  readonly isShared: boolean
  readonly hint: 'page.start.shared_hint' | 'page.sign_in.shared_hint'
}

/** "This is a shared computer": nothing is remembered on it (decisions 1.10). */
export const SharedComputer = ({ page: { texts }, isShared, hint }: SharedProps) => (
  <label class="check">
    <input type="checkbox" name="shared_computer" value="yes" checked={isShared} />
    <span>
      {texts.t('page.start.shared')}
      <span class="hint">{texts.t(hint)}</span>
    </span>
  </label>
)
