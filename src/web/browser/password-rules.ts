/**
 * What a page can judge by itself, by the very rules of `src/password.ts` (a test holds the two together). Null: only the
 * server can.
 */
export function isMet(rule: string, value: number, password: string): boolean | null {
  switch (rule) {
    case 'min_length':
      return [...password].length >= value
    case 'max_length':
      return [...password].length <= value
    case 'character_kinds':
      return KINDS.filter(kind => kind.test(password)).length >= value
    default:
      return null
  }
}

/** Written for browsers that do not know set notation in expressions. */
const KINDS = [
  /(?=\p{Lu})[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u,
  /(?=\p{Ll})[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u,
  /[0-9]/,
  /[-~!@#$%^&*_+=`|\\(){}[\]:;"'<>,.?/]/,
  /(?!\p{Script=Latin})\p{Lo}/u,
]
