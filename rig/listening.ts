// What a process listens on, as the kernel tells (proc(5)).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Addresses in the form of /proc/net/tcp, and paths of sockets. */
export function listeningOf(pid: number): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return [] // closed meanwhile
      }
    }),
  )
  const rows = (name: string): string[][] =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
  // 0A is LISTEN of TCP; an unbound receiver of UDP has state 07 and no other end; flag 10000 is __SO_ACCEPTCON.
  const tcp = ['tcp', 'tcp6'].flatMap(rows).filter(row => row[3] === '0A' && inodes.has(row[9] ?? ''))
  const udp = ['udp', 'udp6'].flatMap(rows).filter(row => row[3] === '07' && inodes.has(row[9] ?? ''))
  const unix = rows('unix').filter(row => row[3] === '00010000' && inodes.has(row[6] ?? ''))
  return [...tcp, ...udp, ...unix].map(row => row.join(' '))
}
