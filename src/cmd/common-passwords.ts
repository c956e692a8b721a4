import { type CommonPasswords, createCommonPasswords } from '../common-passwords.ts'

/**
 * The shipped list of common passwords, read and indexed once per process, when it is first wanted
 * (`decisions/0003-common-passwords.md`).
 */
export async function loadCommonPasswords(): Promise<CommonPasswords> {
  const list = await import('@zxcvbn-ts/language-common/src/passwords.json', { with: { type: 'json' } })
  return createCommonPasswords(list.default)
}
