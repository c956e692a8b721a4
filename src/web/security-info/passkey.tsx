import { LABEL_CHARACTERS_MAX } from '../../actions/change-own.ts'
import type { EnrollPrompt } from '../../method.ts'
import { Field, Form } from '../forms.tsx'
import type { PageContext } from '../page.ts'

type CreateProps = {
  readonly page: PageContext
  readonly prompt: Extract<EnrollPrompt, { kind: 'passkey' }>
}

/**
 * Where it should live, before the browser asks: the passkey inside the computer whose password is lost cannot be reached
 * (decisions 3.6).
 */
export function CreatePasskey({ page, prompt }: CreateProps) {
  const { texts } = page
  return (
    <>
      <p id="prompt">{texts.t('page.add.passkey.intro')}</p>
      <p class="note">{texts.t('page.add.passkey.where')}</p>
      <Form
        page={page}
        action="/security-info/confirm"
        class="passkey"
        data={{
          'data-new-passkey': JSON.stringify(prompt.options),
          'data-text-waiting': texts.t('page.add.passkey.waiting'),
          'data-text-nothing': texts.t('page.add.passkey.nothing'),
          'data-text-there': texts.t('page.add.passkey.there'),
          'data-text-unsupported': texts.t('page.add.passkey.unsupported'),
        }}
      >
        <p class="scriptless">{texts.t('page.add.passkey.script')}</p>
        <Field
          id="label"
          label={texts.t('page.held.label')}
          hint={texts.t('page.add.passkey.label_hint')}
          input={{ type: 'text', maxlength: LABEL_CHARACTERS_MAX, autocomplete: 'off' }}
        />
        <input type="hidden" name="passkey" />
        <button type="submit" class="primary" disabled>
          {texts.t('page.add.passkey.submit')}
        </button>
        <p role="status" />
      </Form>
    </>
  )
}
