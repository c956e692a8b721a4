import { BlockList, isIP } from 'node:net'

/** `host:port` of the address to listen on; the host an IP address or localhost. Null where it is neither. */
export function parseListen(text: string): { host: string; port: number } | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = found?.[1] ?? found?.[2] ?? ''
  const port = Number(found?.[3] ?? -1)
  return (isIP(host) !== 0 || host === 'localhost') && port >= 0 && port <= 65_535 ? { host, port } : null
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** An address (or the name localhost) that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  const version = isIP(bare)
  return bare === 'localhost' || (version !== 0 && loopback.check(bare, version === 6 ? 'ipv6' : 'ipv4'))
}

/** One address, or a network in CIDR notation (RFC 4632, RFC 4291 section 2.3). */
export function isCidr(text: string): boolean {
  const [address = '', bits, more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
}
