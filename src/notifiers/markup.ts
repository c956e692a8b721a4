/** HTML that is safe to send: made by `markup` alone, which escapes everything that is put into it. */
export type Markup = { readonly html: string }

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // Mail programs know the element better than the characters that `lib/isolate.ts` puts around names.
  '\u2068': '<bdi>',
  '\u2069': '</bdi>',
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'\u2068\u2069]/g, character => ENTITIES[character] ?? '')

/** A template whose blanks are escaped text, or markup that was made in the same way (ASVS 1.2.1, EML-04). */
export function markup(
  fixed: TemplateStringsArray,
  ...blanks: (string | Markup | readonly Markup[])[]
): Markup {
  const filled = blanks.map(blank => {
    if (typeof blank === 'string') return escapeHtml(blank)
    return 'html' in blank ? blank.html : blank.map(part => part.html).join('')
  })
  return { html: String.raw({ raw: fixed }, ...filled) }
}

/** Text for an attribute: direction marks stand for nothing there. */
export const attribute = (text: string): string => text.replace(/[\u2066-\u2069]/g, '')
