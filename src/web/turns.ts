/** Each of them runs for half a millisecond before it first waits for anything. */
const PER_TURN = 16

/**
 * Lets so many requests begin in one turn of the event loop, first come first served; the others wait for the next
 * one. However many come at once, what came in meanwhile is heard between two turns (DOS-04).
 */
export function createTurns(perTurn = PER_TURN): () => Promise<void> {
  const waiting: (() => void)[] = []
  let left = perTurn
  let isNextAsked = false
  const askNext = (): void => {
    if (isNextAsked) return
    isNextAsked = true
    setImmediate(() => {
      isNextAsked = false
      left = perTurn
      for (const begin of waiting.splice(0, perTurn)) {
        left -= 1
        begin()
      }
      if (waiting.length > 0) askNext()
    })
  }
  return () =>
    new Promise(resolve => {
      askNext()
      if (left <= 0) return void waiting.push(resolve)
      left -= 1
      resolve()
    })
}
