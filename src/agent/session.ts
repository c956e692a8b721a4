import { WebSocket } from 'ws'
import { HEARTBEAT_MS, REVOKED_CODE } from '../agent.ts'
import { decodeFrame, encodeFrame, type Frame } from '../agent-frame.ts'
import { offerHello, proveHello } from '../agent-hello.ts'
import { type AgentNote, createNotes, helloBinding, type Notes } from '../agent-note.ts'
import { serverNote } from '../agent-note-forms.ts'
import { pause, seconds } from '../lib/clock.ts'
import { announcement, isOld, takeNote } from './key-roll.ts'
import type { LinkOptions } from './link.ts'

/** The network, TLS and the hello together take no longer. */
const WELCOME_MS = seconds(20)
/** A server that answers no ping for so long is gone, whatever the network says. */
const PONG_MS = seconds(10)
/** More calls at once than an honest server sends (twice `OPEN_CALLS_MAX` of the relay). */
const CALLS_MAX = 128
/** What was on its way when the agent began to leave arrives within this. */
const SETTLE_MS = 100

type Stage =
  | { readonly name: 'opening' }
  | { readonly name: 'offered'; readonly offer: string }
  | { readonly name: 'proven' | 'up'; readonly notes: Notes<AgentNote> }

/**
 * One connection, from its first byte to its last. The server proves first that it is the one that was pinned; only then
 * does the agent say who it is, and only after the welcome does it take calls. Anything out of order ends it.
 */
export class Session {
  /** Resolves with the reason, for the log. */
  readonly ended: Promise<string>
  readonly #socket: WebSocket
  readonly #options: LinkOptions
  readonly #gone = new AbortController()
  #stage: Stage = { name: 'opening' }
  #calls = 0
  #why = 'the connection was closed'

  constructor(socket: WebSocket, options: LinkOptions) {
    this.#socket = socket
    this.#options = options
    const late = setTimeout(() => this.#end('the server did not welcome us in time'), WELCOME_MS)
    const stopBeating = keepAlive(
      socket,
      () => this.beat(),
      () => this.#end('the server is silent'),
    )
    socket.on('open', () => this.#offer())
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#take(isBinary ? decodeFrame(data) : null)
      if (this.isUp()) clearTimeout(late)
    })
    this.ended = new Promise<string>(resolve => {
      socket.on('error', error => this.#end(error.message))
      socket.on('close', (code: number) => {
        this.#gone.abort()
        clearTimeout(late)
        stopBeating()
        resolve(code === REVOKED_CODE ? 'this agent was revoked' : this.#why)
      })
    })
  }

  /** The server has accepted this agent. */
  isUp(): boolean {
    return this.#stage.name === 'up'
  }

  /** Says how things are; an old pair is noticed here. */
  beat(): void {
    const { beat, identity, clock, log } = this.#options
    if (!this.isUp()) return
    beat()
      .then(state => this.#say({ kind: 'heartbeat', ...state }))
      .catch((cause: unknown) => log.error('a heartbeat could not be made', { cause }))
    if (isOld(identity.get(), clock.now())) this.roll()
  }

  /** A pair that could not be announced now is announced at the next welcome. */
  roll(): void {
    const { identity, clock } = this.#options
    const text = announcement(identity, clock.now())
    this.#say({ kind: 'announcement', text })
  }

  /** No more calls are wanted; those under way are answered, for up to `graceMs`. */
  async leave(graceMs: number): Promise<void> {
    const over = AbortSignal.any([AbortSignal.timeout(graceMs), this.#gone.signal])
    if (this.isUp()) {
      this.#say({ kind: 'leaving' })
      await pause(SETTLE_MS, over)
    }
    while (this.#calls > 0 && !over.aborted) await pause(SETTLE_MS, over)
    this.#end('this agent stops')
  }

  #offer(): void {
    const offer = offerHello(this.#options.identity.ends(), this.#options.random)
    this.#stage = { name: 'offered', offer }
    this.#send('hello', Buffer.from(offer))
  }

  #take(frame: Frame | null): void {
    if (frame?.kind === 'hello') this.#takeHello(Buffer.from(frame.content).toString())
    else if (frame?.kind === 'note') this.#takeNote(Buffer.from(frame.content).toString())
    else if (frame?.kind === 'call') void this.#takeCall(frame)
    else this.#end('the server sent what is no frame')
  }

  #takeHello(reply: string): void {
    const { identity, clock } = this.#options
    if (this.#stage.name !== 'offered') {
      this.#end('the server said hello at a wrong time')
      return
    }
    const { offer } = this.#stage
    const proven = proveHello(identity.ends(), offer, reply, clock.now())
    if (!proven.ok) {
      this.#end(`the server is not the one that was pinned (${proven.refusal})`)
      return
    }
    const { proof } = proven.value
    this.#stage = { name: 'proven', notes: createNotes('agent', helloBinding(offer, reply, proof)) }
    this.#send('hello', Buffer.from(proof))
  }

  #takeNote(text: string): void {
    const { identity, log } = this.#options
    const stage = this.#stage
    const note = 'notes' in stage ? serverNote(stage.notes.read(identity.ends(), text)?.note) : null
    if (!note || !('notes' in stage)) {
      this.#end('the server sent a note that is not its own')
    } else if (note.kind === 'welcome') {
      this.#stage = { name: 'up', notes: stage.notes }
      log.info('the server is connected')
      if (identity.get().fresh) this.roll()
      this.beat()
    } else if (note.kind === 'roll') this.roll()
    else {
      const answer = takeNote(identity, note)
      if (answer === 'bad') this.#end('the server announced keys that are not its own')
      else if (answer) this.#say(answer)
    }
  }

  async #takeCall(frame: Frame): Promise<void> {
    if (!this.isUp() || this.#calls >= CALLS_MAX) {
      this.#end('the server asks before its time, or more than it may')
      return
    }
    this.#calls += 1
    try {
      const answer = await this.#options.answer(frame.content)
      if (answer) this.#send('answer', answer, frame.number)
    } catch (cause) {
      this.#options.log.error('a call could not be answered', { cause })
    } finally {
      this.#calls -= 1
    }
  }

  #say(note: AgentNote): void {
    const { identity } = this.#options
    if (this.#stage.name !== 'up') return
    this.#send('note', Buffer.from(this.#stage.notes.write(identity.ends(), note)))
  }

  #send(kind: Frame['kind'], content: Uint8Array, number = 0): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(encodeFrame({ kind, number, content }))
  }

  #end(reason: string): void {
    if (!this.#gone.signal.aborted) {
      this.#gone.abort()
      this.#why = reason
    }
    this.#socket.terminate()
  }
}

/** A heartbeat and a ping every 15 s, until what is returned is called. */
function keepAlive(socket: WebSocket, beat: () => void, onSilence: () => void): () => void {
  let isAwaited = false
  let silence: NodeJS.Timeout | undefined
  socket.on('pong', () => {
    isAwaited = false
  })
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return
    beat()
    isAwaited = true
    socket.ping()
    silence = setTimeout(() => isAwaited && onSilence(), PONG_MS)
  }, HEARTBEAT_MS)
  return () => {
    clearInterval(timer)
    clearTimeout(silence)
  }
}
