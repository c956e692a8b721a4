import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MESSAGE_BYTES_MAX, type Relay, RelayError } from '../relay.ts'

/** The other end of one connection. */
export type Stand = {
  /** What came, in order. */
  readonly asked: readonly string[]
  /** Ends the connection as a power cut does: nobody is told. */
  drop(): Promise<void>
}

/** Null: it never answers. */
export type Answer = (message: Uint8Array) => Promise<Uint8Array | null>

export type RelayPlace = {
  readonly relay: Relay
  /** Resolves when the relay knows of the agent. It is of `directory`, and not confirmed where that is null. */
  connect(agent: string, directory: string | null, answer: Answer): Promise<Stand>
  close(): Promise<void>
}

const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = (message: Uint8Array): string => Buffer.from(message).toString()
const echo: Answer = async message => bytes(`${text(message)}!`)
const silent: Answer = async () => null
const long = (): AbortSignal => AbortSignal.timeout(10_000)

/** What a relay must do, whoever carries the calls. A time that is over is never a no: it means that nobody knows. */
export function relayConformance(name: string, fresh: () => Promise<RelayPlace>): void {
  describe(`${name} as the relay`, () => {
    let place: RelayPlace
    beforeEach(async () => {
      place = await fresh()
    })
    afterEach(() => place.close())

    const ask = async (agent: string, message: string, signal = long()): Promise<string> =>
      text(await place.relay.ask(agent, bytes(message), signal))
    /** What was thrown: whether the call may have been acted on. */
    const sent = (call: Promise<unknown>): Promise<boolean> =>
      call.then(
        () => expect.fail('an answer came'),
        error => {
          expect(error).toBeInstanceOf(RelayError)
          return error.sent
        },
      )

    readinessConformance(() => place)

    it('brings a call to its agent once, and the answer back', async () => {
      const [one, two] = [await place.connect('a', 'd', echo), await place.connect('b', 'd', echo)]
      expect(await ask('a', 'hello')).toBe('hello!')
      expect([one.asked, two.asked]).toEqual([['hello'], []])
    })

    it('tells answers apart, in whatever order they come', async () => {
      const held: (() => void)[] = []
      await place.connect('a', 'd', async message => {
        if (text(message) !== '49') await new Promise<void>(resolve => held.unshift(resolve))
        for (const go of held.splice(0)) go()
        return echo(message)
      })
      const asked = Array.from({ length: 50 }, (_, at) => String(at))
      expect(await Promise.all(asked.map(each => ask('a', each)))).toEqual(asked.map(each => `${each}!`))
    })

    it('sends nothing where nobody is, where the time was over before, and what is too long', async () => {
      const agent = await place.connect('a', 'd', echo)
      expect(await sent(ask('nobody', 'x'))).toBe(false)
      expect(await sent(ask('a', 'x', AbortSignal.abort()))).toBe(false)
      expect(await sent(ask('a', 'x'.repeat(MESSAGE_BYTES_MAX + 1)))).toBe(false)
      expect(agent.asked).toEqual([])
      expect(await ask('a', 'y')).toBe('y!')
    })

    it('carries what is just short enough, byte by byte', async () => {
      await place.connect('a', 'd', async message => message)
      const message = Uint8Array.from({ length: MESSAGE_BYTES_MAX }, (_, at) => at % 251)
      expect(Buffer.compare(await place.relay.ask('a', message, long()), message)).toBe(0)
    })

    it('knows nothing when no answer comes in time, and takes a late one for no other call', async () => {
      let late = (): void => {}
      await place.connect('a', 'd', async message => {
        if (text(message) === 'slow')
          await new Promise<void>(resolve => {
            late = resolve
          })
        return echo(message)
      })
      expect(await sent(ask('a', 'slow', AbortSignal.timeout(50)))).toBe(true)
      const next = ask('a', 'next')
      late()
      expect(await next).toBe('next!')
      expect(await ask('a', 'after')).toBe('after!')
    })

    it('knows nothing when the connection is lost under a call', async () => {
      const agent = await place.connect('a', 'd', silent)
      const asked = sent(ask('a', 'x'))
      await expect.poll(() => agent.asked).toEqual(['x'])
      await agent.drop()
      expect(await asked).toBe(true)
      await expect.poll(() => place.relay.ready('d')).toEqual([])
      expect(await sent(ask('a', 'y'))).toBe(false)
      await place.connect('a', 'd', echo)
      expect(await ask('a', 'z')).toBe('z!')
    })

    it('cuts an agent off, with whatever it was asked (AGT-12)', async () => {
      const agent = await place.connect('a', 'd', silent)
      const asked = sent(ask('a', 'x'))
      await expect.poll(() => agent.asked).toEqual(['x'])
      place.relay.cut('a')
      expect(await asked).toBe(true)
      expect(place.relay.ready('d')).toEqual([])
      expect(await sent(ask('a', 'y'))).toBe(false)
      expect(agent.asked).toEqual(['x'])
      place.relay.cut('nobody')
    })

    it('leaves nobody waiting when it closes', async () => {
      const agent = await place.connect('a', 'd', silent)
      const asked = sent(ask('a', 'x'))
      await expect.poll(() => agent.asked).toEqual(['x'])
      await place.relay.close()
      expect(await asked).toBe(true)
      expect(await sent(ask('a', 'y'))).toBe(false)
    })
  })
}

function readinessConformance(place: () => RelayPlace): void {
  it('names the confirmed agents of a directory, the least burdened first', async () => {
    const { relay, connect } = place()
    let go = (): void => {}
    const held = new Promise<null>(resolve => {
      go = () => resolve(null)
    })
    const [first] = [await connect('a', 'd', () => held), await connect('b', 'd', echo)]
    await connect('c', 'another', echo)
    await connect('w', null, echo)
    expect([...relay.ready('d')].sort()).toEqual(['a', 'b'])
    expect(relay.ready('another')).toEqual(['c'])
    expect(relay.ready('none')).toEqual([])
    const open = relay.ask('a', bytes('x'), AbortSignal.timeout(100)).catch((error: RelayError) => error.sent)
    await expect.poll(() => first.asked).toEqual(['x'])
    expect(relay.ready('d')).toEqual(['b', 'a'])
    expect(await open).toBe(true)
    expect(relay.ready('d')).toEqual(['b', 'a']) // frozen, perhaps: others first
    go()
  })

  it('lets agents of one directory take turns', async () => {
    const { relay, connect } = place()
    const agents = [await connect('a', 'd', echo), await connect('b', 'd', echo)]
    for (let at = 0; at < 10; at += 1) await relay.ask(relay.ready('d')[0] ?? '', bytes('x'), long())
    expect(agents.map(({ asked }) => asked.length)).toEqual([5, 5])
  })

  it('gives an agent that nobody confirmed nothing (AGT-02)', async () => {
    const { relay, connect } = place()
    const agent = await connect('w', null, echo)
    await expect(relay.ask('w', bytes('x'), long())).rejects.toMatchObject({ sent: false })
    expect(agent.asked).toEqual([])
  })
}
