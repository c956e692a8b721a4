import { BlockList, isIP } from 'node:net'

/** Sources are counted by this: an IPv4 address, or the /64 of an IPv6 one (RL-07). Text that is no address stays itself. */
export function sourceBucket(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIP(plain) !== 6) return plain
  return `${groupsOf(plain).slice(0, 4).join(':')}::/64`
}

const groupsOf = (address: string): string[] => {
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  const gap = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array.from({ length: gap }, () => '0'), ...after].map(group =>
    Number.parseInt(group, 16).toString(16),
  )
}

/** Does an address lie in one of the networks, written as CIDR or as plain addresses? Throws for what is neither. */
export function networkMatcher(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (!isIP(address)) throw new RangeError(`${cidr} is neither an address nor a network`)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return address => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/** An origin told roughly: enough to recognise, too little to follow (FLW-11). */
export function roughSource(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIP(plain) === 4) return `${plain.split('.').slice(0, 2).join('.')}.x.x`
  if (isIP(plain) === 6) return `${groupsOf(plain).slice(0, 3).join(':')}:…`
  return '–'
}
