import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { networkMatcher } from './network.ts'

/**
 * Addresses that are no place of the open internet (IANA special-purpose registries, RFC 6890): this host, private
 * networks, link-local (where clouds keep their metadata), carrier NAT, multicast, and what translates into IPv4.
 */
const isOurs = networkMatcher([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2002::/16'],
  ...['fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
])

/** An IPv4 address written as an IPv6 one (::ffff:10.0.0.1) is judged as what it is. */
export const isPrivateAddress = (address: string): boolean => isOurs(address.replace(/^\[|\]$/g, ''))

/** As `outbound.allow_private` names hosts: whole names or addresses, whatever their case. */
export function mayReachPrivate(host: string, allowPrivate: readonly string[]): boolean {
  const bare = (name: string): string => name.toLowerCase().replace(/^\[|\]$|\.$/g, '')
  return allowPrivate.some(allowed => bare(allowed) === bare(host))
}

/** A host that is itself a private address, and is not allowed by name. */
export const isForbiddenHost = (host: string, allowPrivate: readonly string[]): boolean =>
  isIP(host.replace(/^\[|\]$/g, '')) !== 0 && isPrivateAddress(host) && !mayReachPrivate(host, allowPrivate)

type Resolve = (host: string) => Promise<readonly LookupAddress[]>
const resolveAll: Resolve = host => lookup(host, { all: true })

/**
 * Looks names up for a connection, and fails where any address is private: what was looked at is what is connected to,
 * so that no answer that changes in between leads inside (SSRF by rebinding). A host that is an address is never looked
 * up; `isForbiddenHost` judges it.
 */
export function guardedLookup(
  allowPrivate: readonly string[],
  resolve: Resolve = resolveAll,
): LookupFunction {
  return (host, { all }, done) => {
    resolve(host)
      .then(addresses => {
        const [first] = addresses
        if (!first) throw new Error('the name has no address')
        if (
          !mayReachPrivate(host, allowPrivate) &&
          addresses.some(({ address }) => isPrivateAddress(address))
        )
          throw new Error(`${host} leads to a private address, and outbound.allow_private does not name it`)
        if (all) done(null, [...addresses])
        else done(null, first.address, first.family)
      })
      .catch((error: Error) => done(error, '', 0))
  }
}
