import { Field } from './forms.tsx'

type CodeProps = {
  readonly label: string
  readonly isWrong: boolean
  readonly format: 'digits' | 'base32'
  /** Characters of the code itself. */
  readonly length: number
}

/** One field for a code, which takes pasting and `one-time-code` (decisions 1.11). `#prompt` says what it is for. */
export const CodeField = ({ label, isWrong, format, length }: CodeProps) => (
  <Field
    id="code"
    label={label}
    isWrong={isWrong}
    describedBy="prompt"
    input={{
      class: 'code',
      type: 'text',
      dir: 'ltr',
      inputmode: format === 'digits' ? 'numeric' : 'text',
      autocomplete: 'one-time-code',
      autocapitalize: format === 'digits' ? 'off' : 'characters',
      autocorrect: 'off',
      spellcheck: false,
      // Room for the spaces and hyphens that people copy along.
      maxlength: length * 2 + 2,
      size: length + 2,
      required: true,
    }}
  />
)
