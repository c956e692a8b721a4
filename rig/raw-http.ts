// Bytes as an attacker writes them, past every client.
import { connect } from 'node:net'

/** What came back until the server closed or `ms` passed. */
export const rawHttp = (
  port: number,
  bytes: string,
  ms = 3_000,
): Promise<{ readonly text: string; readonly closed: boolean }> =>
  new Promise(resolve => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    const end = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text: received, closed })
    }
    const timer = setTimeout(() => end(false), ms)
    socket.on('data', chunk => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => end(true)).on('close', () => end(true))
  })
