// Rules of the tidy test about who may import whom. Each takes sources and gives one line per fault.
import { isProduct, type Source } from './source.ts'

/** Whom a room may import besides itself, lib and the domain; `domain` are the files directly in src. */
const PORT_ROOM = ['domain', 'lib']
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  domain: ['lib'],
  methods: PORT_ROOM,
  directories: PORT_ROOM,
  'bot-checks': PORT_ROOM,
  breaches: PORT_ROOM,
  'identity-providers': PORT_ROOM,
  notifiers: PORT_ROOM,
  relays: PORT_ROOM,
  store: PORT_ROOM,
  actions: [...PORT_ROOM, 'store'],
  web: [...PORT_ROOM, 'actions'],
  agent: PORT_ROOM,
  'web/browser': [],
  authenticator: [],
}
export const BROWSER_ROOMS = ['web/browser', 'authenticator']
/** They wire everything that exists; nobody imports them, and they never import what runs in a browser. */
const WIRING_ROOMS = ['cmd', 'demo']

export function roomOf(path: string): string {
  const [, first = '', second = ''] = path.split('/')
  if (!path.startsWith('src/') || path.split('/').length === 2)
    return path.startsWith('src/') ? 'domain' : 'outside'
  return first === 'web' && second === 'browser' ? 'web/browser' : first
}

const mayImport = (from: string, to: string): boolean => {
  if (from === to) return true
  if (BROWSER_ROOMS.includes(to) || to === 'demo') return false
  return WIRING_ROOMS.includes(from) || (ARROWS[from]?.includes(to) ?? false)
}

/** Data that is no code of ours: the texts, and the version in package.json. */
const isData = (path: string): boolean => path.startsWith('locales/') || path === 'package.json'

export const arrowFaults = (sources: readonly Source[]): string[] =>
  sources.filter(isProduct).flatMap(source =>
    source.imports.flatMap(({ path }) => {
      if (path === null || isData(path) || mayImport(roomOf(source.path), roomOf(path))) return []
      return [`${source.path}: ${roomOf(source.path)} may not import ${path}`]
    }),
  )

/** Packages that belong to one room; the wiring may use them too. */
const PACKAGE_ROOMS: Readonly<Record<string, string>> = {
  kysely: 'store',
  pg: 'store',
  'node:sqlite': 'store',
  fastify: 'web',
  preact: 'web',
  ldapts: 'directories',
  nodemailer: 'notifiers',
  'openid-client': 'identity-providers',
  pino: 'lib',
}

export const packageFaults = (sources: readonly Source[]): string[] =>
  sources.filter(isProduct).flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, path: target }) => {
      if (target !== null) return []
      const room = roomOf(path)
      if (room === 'domain' && !specifier.startsWith('node:'))
        return [`${path}: a domain file imports ${specifier}`]
      const owner = PACKAGE_ROOMS[specifier]
      const isStranger =
        owner !== undefined && room !== owner && ![...WIRING_ROOMS, ...BROWSER_ROOMS].includes(room)
      return isStranger ? [`${path}: ${specifier} belongs to ${owner}`] : []
    }),
  )

/** Circles of types alone are no fault: types are gone when the files load, and load in any order. */
export function circles(sources: readonly Source[]): string[] {
  const values = ({ imports }: Source): string[] =>
    imports.filter(each => !each.typesOnly).flatMap(each => each.path ?? [])
  const imports = new Map(sources.map(source => [source.path, values(source)]))
  const done = new Set<string>()
  const found: string[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    if (trail.includes(path) || done.has(path)) return
    for (const next of imports.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of imports.keys()) walk(path, [])
  return found
}
