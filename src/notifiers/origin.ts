/**
 * The family of a browser, such as "Firefox". Whatever else a browser calls itself is a stranger's text, and never
 * written into a mail: null.
 */
export const browserFamily = (browser: string | null): string | null =>
  browser !== null && /^[A-Za-z][A-Za-z ]{0,29}$/.test(browser) ? browser : null

/** The network of an address: half of it (IPv4) or its first two parts (IPv6); null where it is neither. */
export function roughNetwork(source: string): string | null {
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}(?:\/\d+)?$/i.exec(source)
  if (v4) return `${v4[1]}.${v4[2]}.x.x`
  if (!/^[0-9a-f]{0,4}:[0-9a-f:]+(\/\d+)?$/i.test(source)) return null
  const [first, second] = source.toLowerCase().split(':')
  return `${first || '0'}:${second || '0'}:x:x`
}
