// What a screen reader gets: the accessibility tree of Chromium, in reading order.
import type { Visit } from './visit.ts'

/** `role "name"`, and `(description)` where there is one; text that belongs to no control is `text "…"`. */
export type Heard = readonly string[]

type AxValue = { readonly value?: unknown }
type AxNode = {
  readonly nodeId: string
  readonly ignored: boolean
  readonly role?: AxValue
  readonly name?: AxValue
  readonly description?: AxValue
  readonly childIds?: readonly string[]
}

/** Roles that a reader announces by themselves; what lies inside them is part of their name. */
const SAID = new Set([
  ...[
    'heading',
    'link',
    'button',
    'textbox',
    'checkbox',
    'radio',
    'alert',
    'status',
    'listitem',
    'DisclosureTriangle',
  ],
  ...['main', 'complementary', 'banner', 'group', 'radiogroup', 'image', 'StaticText'],
])

export async function readOut({ context, page }: Visit): Promise<Heard> {
  const session = await context.newCDPSession(page)
  // as: the protocol's own types are wider than what is read here
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as unknown as { nodes: AxNode[] }
  await session.detach()
  const byId = new Map(nodes.map(node => [node.nodeId, node]))
  const walk = (node: AxNode | undefined): string[] => {
    if (!node) return []
    const inner = (node.childIds ?? []).flatMap(id => walk(byId.get(id)))
    const line = node.ignored ? null : lineOf(node)
    if (line === null) return inner
    // The words inside a control or a heading are its name: said once.
    return [line, ...inner.filter(each => !(each.startsWith('text ') && line.includes(each.slice(6, -1))))]
  }
  return walk(nodes[0])
}

function lineOf({ role, name, description }: AxNode): string | null {
  const kind = String(role?.value ?? '')
  if (!SAID.has(kind)) return null
  const said = String(name?.value ?? '').trim()
  const more = String(description?.value ?? '').trim()
  const word = kind === 'StaticText' ? 'text' : kind
  return `${word} "${said}"${more && kind !== 'StaticText' ? ` (${more})` : ''}`
}

/** The first of `expected` that is not heard after the one before it; null: all are, in this order. */
export function missingFrom(heard: Heard, expected: readonly string[]): string | null {
  let at = 0
  for (const line of expected) {
    const found = heard.findIndex((each, index) => index >= at && each.startsWith(line))
    if (found < 0) return line
    at = found + 1
  }
  return null
}
