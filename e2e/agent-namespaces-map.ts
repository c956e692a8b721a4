// The two hosts of agent-namespaces.test.ts: where they are, what one orders of the other, and what comes of it.
export const CLOUD_NAME = 'reset.example.test'
export const [CLOUD_IP, UPLINK_IP] = ['192.0.2.1', '192.0.2.2'] as const
export const [LAN, LAN_IP] = ['10.20.0.0/16', '10.20.0.10'] as const

type Login = { readonly login: string; readonly password: string }
/** What the premises do, with what they are given and what they answer. */
export type Orders = {
  wire: [null, undefined]
  directory: [Login, undefined]
  enroll: [{ readonly server: string; readonly ca: string; readonly code: string }, string]
  agent: [null, undefined]
  /** Sockets of the agent that listen. */
  listening: [null, readonly string[]]
  /** Connections from the premises to the cloud. */
  dialled: [null, number]
  firewall: [boolean, undefined]
  binds: [Login, boolean]
  stop: [null, undefined]
}
export type Sent = { readonly order: keyof Orders; readonly given: unknown }

export type Crossing = {
  readonly openAtUplink: readonly number[]
  readonly openInLan: readonly number[]
  readonly openInLanByRoute: readonly number[]
  readonly openWithoutFirewall: readonly number[]
  readonly openHere: readonly number[]
  readonly listening: readonly string[]
  readonly dialled: number
  readonly agents: string
  readonly newBinds: boolean
  readonly oldBinds: boolean
  readonly signedIn: boolean
  readonly faults: readonly string[]
}
