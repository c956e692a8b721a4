import type { LdapConfig } from '../src/directories/ldap.ts'
import { KEY_USES, type Key } from '../src/lib/seal.ts'

export type BenchOrder = {
  readonly file: string
  readonly port: number
  /** Null: the built-in one, with the people of `file`. */
  readonly directory: LdapConfig | null
  readonly locales: string
  readonly assets: string
  /** Mail goes out while the load runs. */
  readonly delivers: boolean
}

/** The same ring on both sides: the bench writes enrollments that the server reads. */
export const benchRing = (): Key[] =>
  KEY_USES.map((use, index) => ({
    id: `b${index}`,
    use,
    created: '2026-01-01T00:00:00Z',
    secret: Buffer.alloc(32, index + 9),
  }))
