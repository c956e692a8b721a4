import { Attribute, Change as LdaptsChange } from 'ldapts'

/** One part of a modification (RFC 4511 section 4.6). `delete` without a value takes every value away. */
export type Change = {
  readonly operation: 'add' | 'delete' | 'replace'
  readonly attribute: string
  readonly value?: string | Buffer
}

export const toChanges = (changes: readonly Change[]): LdaptsChange[] =>
  changes.map(
    ({ operation, attribute, value }) =>
      new LdaptsChange({
        operation,
        modification: new Attribute({ type: attribute, values: valuesOf(value) }),
      }),
  )

const valuesOf = (value: string | Buffer | undefined): string[] | Buffer[] => {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : [value]
}
