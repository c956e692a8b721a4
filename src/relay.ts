/**
 * PORT: carries a sealed call to one agent and its answer back. It knows nothing of what is inside, and is trusted with
 * nothing: calls are sealed to the agent's key and signed, answers are sealed to ours and signed (`agent-message.ts`).
 * At most once: an answer that does not come means that nobody knows.
 */
export interface Relay {
  /** Agents of a directory that are connected and confirmed now, the one with the fewest calls open first. */
  ready(directory: string): readonly string[]
  /**
   * Hands `message` to one agent, once, and resolves with its answer. Throws `RelayError`: `sent` false where it certainly
   * never left us; `sent` true where it may have been acted on (time over, connection lost).
   */
  ask(agent: string, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  /** Cuts the connection of an agent that was revoked, with whatever it was asked. */
  cut(agent: string): void
  close(): Promise<void>
}

export class RelayError extends Error {
  readonly sent: boolean
  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause })
    this.name = 'RelayError'
    this.sent = sent
  }
}

/**
 * A call with its envelope is far below this, and a page of a hundred names is, too. The longest is an account in the
 * thousand groups that Active Directory allows, each with its DN, name and SID. Longer ones are refused (AGT-22).
 */
export const MESSAGE_BYTES_MAX = 512 * 1024

/** The connection of an agent that has said who it is, in the hands of whoever holds the socket. */
export type Line = {
  /** False: nothing of it has left, or will. */
  send(number: number, message: Uint8Array): boolean
  end(): void
}

export type Seat = {
  /** What the agent answered; an answer that nobody waits for is dropped. */
  answered(number: number, message: Uint8Array): void
  /** It wants no more calls, and will answer those that are open. */
  leaves(): void
  /** The connection is gone: whatever was asked on it may have been acted on. */
  lost(): void
}

/** Takes the place of an earlier connection of this agent, which ends. */
export type Seating = (agent: string, line: Line) => Seat
