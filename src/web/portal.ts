import type { ComponentChildren } from 'preact'
import type { AgentDesk } from '../actions/agent-desk.ts'
import type { World } from '../actions/world.ts'
import type { Texts } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'
import type { Assets } from './page.ts'

/** What the web room needs beside the actions' world. */
export type Portal = {
  readonly world: World
  /** An origin without a trailing slash; the only base of any link, whatever a Host header says (EML-02). */
  readonly publicUrl: string
  /** Hosts that may be asked for; anything else is refused (WEB-09). */
  readonly hosts: readonly string[]
  /** CIDR blocks whose X-Forwarded-For is believed (RL-07). */
  readonly trustedProxies: readonly string[]
  readonly texts: Texts<Messages>
  readonly assets: Assets
  readonly assetsFolder: string
  /** Where security problems are reported, for security.txt (RFC 9116). */
  readonly securityContact: string
  /** Where agents come in; absent where no directory is behind one. */
  readonly agentDesk?: AgentDesk
  /** A line above every page; the demo's. */
  readonly banner?: ComponentChildren
}

/** Cookies are Secure and `__Host-` wherever the portal is reached by https (SES-01). */
export const isSecure = ({ publicUrl }: Portal): boolean => publicUrl.startsWith('https:')
