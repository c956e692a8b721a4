import { isolate } from '../lib/isolate.ts'
import type { Fact, Letter, Piece, Voice } from './letter.ts'
import { attribute, type Markup, markup } from './markup.ts'

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Noto Sans',sans-serif"
const MONO = 'font-family:ui-monospace,Menlo,Consolas,monospace'

/** Light colours stand inline, where every mail program looks; dark ones where the program knows about dark. */
const DARK = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#14171c !important}
.card{background:#1d2229 !important;border-color:#343b45 !important}
.ink{color:#eef1f5 !important}
.soft{color:#aab4c0 !important}
.line{border-color:#343b45 !important}
.box{background:#14171c !important;border-color:#4a5461 !important}
.button{background:#6fd3c3 !important;color:#06211d !important}
.link{color:#6fd3c3 !important}
}`

/**
 * The HTML part: one table of 560 pixels, its styles inline, in the direction of its language. It loads nothing:
 * no image, no font, no style sheet (EML-04).
 */
export function htmlOf(letter: Letter, voice: Voice): string {
  const { phrases, organisation } = voice
  const subject = attribute(letter.subject)
  const { html } = markup`<!doctype html>
<html lang="${phrases.locale}" dir="${phrases.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${subject}</title>
<style>${{ html: DARK }}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f5f8;-webkit-text-size-adjust:100%">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" dir="${phrases.dir}" style="background:#f3f5f8"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:560px">
<tr><td class="soft" align="${start(phrases.dir)}" style="${style(`${FONT};font-size:15px;line-height:1.4;font-weight:600;color:#4b5663;padding:0 4px 12px`)}">${isolate(organisation, phrases.dir)}</td></tr>
<tr><td class="card" align="${start(phrases.dir)}" style="${style(`${FONT};background:#ffffff;border:1px solid #dde2e9;border-radius:12px;padding:28px`)}">
<h1 class="ink" style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:650;color:#15202e">${letter.subject}</h1>
${letter.greeting === null ? [] : paragraph(letter.greeting)}
${letter.pieces.map(piece => pieceHtml(piece, voice))}
</td></tr>
<tr><td align="${start(phrases.dir)}" style="${style(`${FONT};padding:16px 4px 0`)}">${footer(voice)}</td></tr>
</table>
</td></tr></table>
</body>
</html>
`
  return html
}

/** Fixed text of this file, already fit for an attribute once its quotes are not those of the attribute. */
const style = (css: string): Markup => ({ html: css })

const start = (dir: 'ltr' | 'rtl'): string => (dir === 'rtl' ? 'right' : 'left')

function pieceHtml(piece: Piece, voice: Voice): Markup {
  switch (piece.kind) {
    case 'paragraph':
      return paragraph(piece.text)
    case 'code':
      return codeBox(piece.code)
    case 'facts':
      return factTable(piece.facts, start(voice.phrases.dir))
    case 'action':
      return button(piece.label, piece.url)
  }
}

const paragraph = (text: string): Markup =>
  markup`<p class="ink" style="margin:0 0 14px;font-size:16px;line-height:1.55;color:#15202e;overflow-wrap:anywhere">${text}</p>\n`

/** Groups are set apart by space that is not text, so that copying the code copies no spaces. */
function codeBox(code: string): Markup {
  const size = code.length % 4 === 0 ? 4 : 3
  const groups = code.match(new RegExp(`.{1,${size}}`, 'gu')) ?? []
  const spans = groups.map((group, index) =>
    index === 0 ? markup`<span>${group}</span>` : markup`<span style="padding-left:12px">${group}</span>`,
  )
  return markup`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 18px"><tr><td class="box ink" align="center" dir="ltr" style="${style(`${MONO};font-size:32px;line-height:1.3;font-weight:700;letter-spacing:2px;color:#15202e;background:#f3f5f8;border:1px solid #cfd6df;border-radius:10px;padding:16px 8px`)}">${spans}</td></tr></table>\n`
}

/** Rows that stay readable on a narrow screen: the label above its value. */
const factTable = (facts: readonly Fact[], align: string): Markup =>
  markup`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 18px">${facts.map(fact => factRow(fact, align))}</table>\n`

const factRow = ({ label, value }: Fact, align: string): Markup =>
  markup`<tr><td class="line" align="${align}" style="border-top:1px solid #e6eaef;padding:8px 0;font-size:15px;line-height:1.45"><span class="soft" style="color:#4b5663;font-size:13px">${label}</span><br><span class="ink" style="color:#15202e;overflow-wrap:anywhere">${value}</span></td></tr>`

const button = (label: string, url: string): Markup =>
  markup`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 18px"><tr><td><a class="button" href="${attribute(url)}" style="display:inline-block;background:#0b5f56;color:#ffffff;font-size:16px;line-height:1.3;font-weight:600;text-decoration:none;padding:12px 20px;border-radius:8px">${label}</a></td></tr></table>\n`

function footer({ phrases, organisation, help }: Voice): Markup {
  const contact = [help.name, help.telephone, help.hours].filter(line => line !== '')
  const small = 'margin:0 0 10px;font-size:14px;line-height:1.5;color:#4b5663'
  const lines = contact.map(line => markup`<br>${isolate(line, phrases.dir)}`)
  const link =
    help.url === ''
      ? []
      : markup`<br><a class="link" href="${attribute(help.url)}" style="color:#0b5f56"><bdi dir="ltr">${help.url}</bdi></a>`
  return markup`<p class="soft" style="${style(small)}"><strong>${phrases.t('mail.footer.help')}</strong>${lines}${link}</p>
<p class="soft" style="${style(small)}">${phrases.t('mail.footer.never')}</p>
<p class="soft" style="${style(small)}">${phrases.t('mail.footer.automatic', { organisation })}</p>`
}
