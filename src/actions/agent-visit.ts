import { type Agent, REVOKED_CODE } from '../agent.ts'
import { decodeFrame, encodeFrame, type Frame } from '../agent-frame.ts'
import { checkProof, readOffer, replyHello } from '../agent-hello.ts'
import { announceKeys } from '../agent-keys.ts'
import type { Ends } from '../agent-message.ts'
import { createNotes, helloBinding, type Notes, type ServerNote } from '../agent-note.ts'
import { agentNote } from '../agent-note-forms.ts'
import type { Instant } from '../lib/clock.ts'
import type { Seat } from '../relay.ts'
import type { DeskParts, Wire } from './agent-desk.ts'
import { takeAgentNote } from './agent-news.ts'

/** An answer that is not taken off the line is not piled up in memory (DOS-08). */
const WAITING_BYTES_MAX = 4 * 1024 * 1024
/** An honest agent says a few things a minute. */
const NOTES_MAX = 20
const NOTES_MS = 10_000

type Stage =
  | { readonly name: 'new' }
  | { readonly name: 'greeted'; readonly offer: string; readonly reply: string; readonly agent: string }
  | Welcome
type Welcome = {
  readonly name: 'welcome'
  readonly agent: string
  readonly notes: Notes<ServerNote>
  readonly seat: Seat
  readonly clockOffsetMs: number
}

/** One connection of somebody who claims to be an agent, from its first message to its last (AGT-03, AGT-09, AGT-22). */
export class AgentVisit {
  readonly #parts: DeskParts
  readonly #wire: Wire
  readonly #source: string
  readonly #listeners: (() => void)[] = []
  #stage: Stage = { name: 'new' }
  #turn: Promise<void> = Promise.resolve()
  #isOver = false
  #told: { announced: string | null; rollAskedAt: Instant | null } = { announced: null, rollAskedAt: null }
  #notes = { count: 0, since: 0 }

  constructor(parts: DeskParts, wire: Wire, source: string) {
    this.#parts = parts
    this.#wire = wire
    this.#source = source
  }

  /** The agent that has proven who it is; null before. */
  get agent(): string | null {
    return this.#stage.name === 'welcome' ? this.#stage.agent : null
  }

  onLost(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** One message. What it needs the store for is done before the next note is looked at; answers wait for nothing. */
  take(bytes: Uint8Array): void {
    const frame = this.#isOver ? null : decodeFrame(bytes)
    const stage = this.#stage
    if (frame?.kind === 'answer' && stage.name === 'welcome') {
      stage.seat.answered(frame.number, frame.content)
    } else if (frame?.kind === 'hello' && stage.name === 'new') {
      this.#greet(Buffer.from(frame.content).toString())
    } else if (frame?.kind === 'hello' && stage.name === 'greeted') {
      this.#welcome(stage, Buffer.from(frame.content).toString())
    } else if (frame?.kind === 'note' && stage.name === 'welcome' && this.#mayTell()) {
      this.#turn = this.#turn.then(() => this.#takeNote(stage, frame))
    } else this.end()
  }

  /** The socket is gone. */
  lost(): void {
    this.#isOver = true
    if (this.#stage.name === 'welcome') this.#stage.seat.lost()
    for (const listener of this.#listeners) listener()
  }

  end(code?: number): void {
    this.#isOver = true
    this.#wire.end(code)
  }

  /** The agent was revoked: no calls, and those that are open are answered by nobody. */
  cut(agent: string): void {
    this.end(REVOKED_CODE)
    this.#parts.relay.cut(agent)
  }

  say(note: ServerNote): void {
    const ends = this.#ends()
    if (this.#stage.name !== 'welcome' || !ends) return
    this.#send('note', Buffer.from(this.#stage.notes.write(ends, note)))
  }

  /** A newer pair of ours, and an administrator's wish for new keys: each said once on a connection. */
  tellNews(agent: Agent): void {
    const newest = this.#parts.book.newest()
    const ends = this.#ends()
    if (newest && ends && newest.keys.id !== agent.pinned && this.#told.announced !== newest.keys.id) {
      this.#told.announced = newest.keys.id
      this.say({ kind: 'announcement', text: announceKeys('server', ends, newest) })
    }
    if (agent.rollAskedAt !== null && agent.rollAskedAt !== this.#told.rollAskedAt) {
      this.#told.rollAskedAt = agent.rollAskedAt
      this.say({ kind: 'roll' })
    }
  }

  #ends(agent = this.agent): Ends | null {
    return agent === null ? null : this.#parts.book.endsOf(agent)
  }

  #greet(offer: string): void {
    const { world } = this.#parts
    const read = readOffer(offer)
    const agent = read.ok ? read.value.agent : null
    const ends = this.#ends(agent)
    if (!read.ok || agent === null || !ends) {
      this.#refuse(read.ok ? 'unknown_agent' : read.refusal)
      return
    }
    const reply = replyHello(ends, offer, world.random, world.clock.now())
    if (!reply.ok) {
      this.#refuse(reply.refusal)
      return
    }
    this.#stage = { name: 'greeted', offer, reply: reply.value, agent }
    this.#send('hello', Buffer.from(reply.value))
  }

  #welcome({ offer, reply, agent }: Extract<Stage, { name: 'greeted' }>, proof: string): void {
    const { book, seat, world } = this.#parts
    const ends = this.#ends(agent)
    const known = book.agent(agent)
    const checked = ends && checkProof(ends, offer, reply, proof, world.clock.now())
    if (!known || !checked?.ok) {
      this.#refuse(checked?.ok === false ? checked.refusal : 'unknown_agent')
      return
    }
    const line = {
      send: (number: number, content: Uint8Array) => this.#send('call', content, number),
      end: () => this.end(book.agent(agent)?.status === 'revoked' ? REVOKED_CODE : undefined),
    }
    this.#stage = {
      ...{ name: 'welcome', agent, clockOffsetMs: checked.value.clockOffsetMs, seat: seat(agent, line) },
      notes: createNotes('server', helloBinding(offer, reply, proof)),
    }
    this.say({ kind: 'welcome' })
    this.tellNews(known)
    world.log.info('an agent is connected', { agent: known.name })
  }

  async #takeNote(stage: Welcome, frame: Frame): Promise<void> {
    const ends = this.#ends()
    const read = ends && stage.notes.read(ends, Buffer.from(frame.content).toString())
    const note = agentNote(read?.note)
    if (!ends || !read || !note) {
      this.end()
      return
    }
    if (note.kind === 'leaving') {
      stage.seat.leaves()
      return
    }
    const { world, book } = this.#parts
    const said = { id: stage.agent, by: read.by, clockOffsetMs: stage.clockOffsetMs, note, ends }
    try {
      const told = await takeAgentNote(world, said)
      if (told === 'bad') return this.end()
      // The agent hears that its new pair is kept before anything is sealed to it, and trusts ours before we sign by it.
      if (told.say?.kind === 'pinned') this.say(told.say)
      if (told.agent) book.put(told.agent)
      if (told.agent?.status === 'revoked') this.cut(stage.agent)
      if (told.say?.kind === 'settled') this.say(told.say)
    } catch (cause) {
      world.log.error('what an agent said could not be kept', { cause })
    }
  }

  #mayTell(): boolean {
    const now = this.#parts.world.clock.now()
    if (Math.abs(now - this.#notes.since) > NOTES_MS) this.#notes = { count: 0, since: now }
    this.#notes.count += 1
    return this.#notes.count <= NOTES_MAX
  }

  #refuse(reason: string): void {
    this.#parts.refused(this.#source, reason)
    this.end()
  }

  #send(kind: Frame['kind'], content: Uint8Array, number = 0): boolean {
    if (this.#isOver || this.#wire.waiting() > WAITING_BYTES_MAX) return false
    return this.#wire.send(encodeFrame({ kind, number, content }))
  }
}
