import type { Finding } from '../directory.ts'

/** Answers of DNS: the texts of TXT records, each joined (RFC 7208 section 3.3). Rejects with a `code` as node:dns does. */
export type ResolveText = (name: string) => Promise<readonly string[]>

/** `absent`: the name exists not at all; by RFC 8020 nothing is beneath it either. `unknown`: nobody could be asked. */
type Texts = { readonly state: 'found' | 'none' | 'absent' | 'unknown'; readonly texts: readonly string[] }

/**
 * What receivers will find about the sender's domain: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489). Selectors of
 * DKIM cannot be listed: without one, only a domain that has no keys at all can be told (EML-07).
 */
export async function senderFindings(
  domain: string,
  selector: string | null,
  resolve: ResolveText,
): Promise<Finding[]> {
  const ask = (name: string): Promise<Texts> => askText(resolve, name)
  const own = await ask(domain)
  // A DNS of the inside may know no public name at all: then nothing can be said of what others see.
  if (own.state === 'absent')
    return [{ level: 'unknown', text: `the DNS of this machine knows no domain ${domain}.` }]
  return [spf(domain, own), await dkim(domain, selector, ask), dmarc(domain, await dmarcOf(domain, ask))]
}

async function askText(resolve: ResolveText, name: string): Promise<Texts> {
  try {
    const texts = await resolve(name)
    return { state: texts.length > 0 ? 'found' : 'none', texts }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    const state = { ENODATA: 'none', ENOTFOUND: 'absent' } as const
    return { state: code === 'ENODATA' || code === 'ENOTFOUND' ? state[code] : 'unknown', texts: [] }
  }
}

const unasked = (what: string, name: string): Finding => ({
  level: 'unknown',
  text: `${what}: DNS could not be asked for ${name}.`,
})

function spf(domain: string, { state, texts }: Texts): Finding {
  if (state === 'unknown') return unasked('SPF', domain)
  const records = texts.filter(text => /^v=spf1( |$)/i.test(text))
  if (records.length === 0)
    return { level: 'warning', text: `SPF: ${domain} publishes no record; mail may be taken for forged.` }
  if (records.length > 1)
    return {
      level: 'error',
      text: `SPF: ${domain} publishes ${records.length} records, which counts as none.`,
    }
  const all = /[?+~-]?all\s*$/i
    .exec(records[0] ?? '')?.[0]
    ?.trim()
    .toLowerCase()
  if (all === '+all' || all === 'all')
    return { level: 'warning', text: `SPF: ${domain} allows every server in the world.` }
  return { level: 'ok', text: `SPF: ${domain} publishes a record${all ? ` that ends in ${all}` : ''}.` }
}

async function dkim(
  domain: string,
  selector: string | null,
  ask: (name: string) => Promise<Texts>,
): Promise<Finding> {
  const parent = `_domainkey.${domain}`
  if (selector === null) {
    const { state } = await ask(parent)
    if (state === 'unknown') return unasked('DKIM', parent)
    return state === 'absent'
      ? { level: 'warning', text: `DKIM: ${domain} publishes no key; mail cannot be signed.` }
      : { level: 'unknown', text: 'DKIM: keys cannot be listed; name one with --dkim-selector.' }
  }
  const name = `${selector}.${parent}`
  const { state, texts } = await ask(name)
  if (state === 'unknown') return unasked('DKIM', name)
  const key = texts.find(text => /(^|;)\s*p=/i.test(text))
  if (key === undefined) return { level: 'warning', text: `DKIM: there is no key at ${name}.` }
  const isRevoked = /(^|;)\s*p=\s*(;|$)/i.test(key)
  return isRevoked
    ? { level: 'error', text: `DKIM: the key at ${name} is revoked.` }
    : { level: 'ok', text: `DKIM: there is a key at ${name}.` }
}

type Dmarc = { readonly name: string; readonly answer: Texts; readonly record: string | null }

/** The domain's own record, else that of the domain above: enough for names such as mail.example.org. */
async function dmarcOf(domain: string, ask: (name: string) => Promise<Texts>): Promise<Dmarc> {
  const labels = domain.split('.')
  const above = labels.length > 2 ? [labels.slice(-2).join('.')] : []
  let found: Dmarc = { name: `_dmarc.${domain}`, answer: { state: 'none', texts: [] }, record: null }
  for (const name of [domain, ...above].map(one => `_dmarc.${one}`)) {
    const answer = await ask(name)
    found = { name, answer, record: answer.texts.find(text => /^v=DMARC1\s*(;|$)/.test(text)) ?? null }
    if (found.record !== null || answer.state === 'unknown') return found
  }
  return found
}

function dmarc(domain: string, { name, answer, record }: Dmarc): Finding {
  if (answer.state === 'unknown') return unasked('DMARC', name)
  if (record === null)
    return { level: 'warning', text: `DMARC: ${domain} publishes no policy; anybody may write in its name.` }
  const policy = /(^|;)\s*p\s*=\s*(\w+)/i.exec(record)?.[2]?.toLowerCase()
  if (policy === 'none') return { level: 'warning', text: `DMARC: ${name} only watches (p=none).` }
  return policy === 'quarantine' || policy === 'reject'
    ? { level: 'ok', text: `DMARC: ${name} says ${policy}.` }
    : { level: 'error', text: `DMARC: ${name} has no policy that can be read.` }
}
