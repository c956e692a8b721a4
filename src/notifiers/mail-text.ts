import { isolate } from '../lib/isolate.ts'
import type { Letter, Piece, Voice } from './letter.ts'

/** The text part: everything that the HTML part says, a code without spaces, an address on a line of its own. */
export function textOf(letter: Letter, { phrases, organisation, help }: Voice): string {
  const told = [help.name, help.telephone, help.hours].filter(line => line !== '')
  // Programs that make addresses into links would take an isolating mark for a part of one.
  const contact = [...told.map(line => isolate(line, phrases.dir)), help.url]
  const blocks = [
    ...(letter.greeting === null ? [] : [letter.greeting]),
    ...letter.pieces.map(pieceText),
    isolate(organisation, phrases.dir),
    [phrases.t('mail.footer.help'), ...contact].join('\n').trimEnd(),
    phrases.t('mail.footer.never'),
    phrases.t('mail.footer.automatic', { organisation }),
  ]
  return `${blocks.filter(block => block !== '').join('\n\n')}\n`
}

function pieceText(piece: Piece): string {
  switch (piece.kind) {
    case 'paragraph':
      return piece.text
    case 'code':
      return `    ${piece.code}`
    case 'facts':
      return piece.facts.map(fact => `${fact.label}: ${fact.value}`).join('\n')
    case 'action':
      return `${piece.label}:\n${piece.url}`
  }
}
