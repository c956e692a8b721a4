/** What a browser calls itself, by the word that tells it from the others; the first that fits counts. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Microsoft Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(HeadlessChrome|Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
]

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/**
 * Family and system of a browser, such as "Firefox, Windows"; null where neither is known. The name is chosen from
 * our own lists: what a stranger's browser calls itself is never written into a mail.
 */
export function browserFamily(userAgent: string | null): string | null {
  if (userAgent === null) return null
  const names = [FAMILIES, SYSTEMS].map(list => list.find(([word]) => word.test(userAgent))?.[1])
  const known = names.filter(name => name !== undefined)
  return known.length > 0 ? known.join(', ') : null
}

/** The network of an address: half of it (IPv4) or its first two parts (IPv6); null where it is neither. */
export function roughNetwork(source: string): string | null {
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}(?:\/\d+)?$/i.exec(source)
  if (v4) return `${v4[1]}.${v4[2]}.x.x`
  const [first = '', second = ''] = source.toLowerCase().split(':')
  const isV6 = /^[0-9a-f:.]+(\/\d+)?$/i.test(source) && source.includes(':') && first !== ''
  return isV6 ? `${first}:${second || '0'}:x:x` : null
}
