// An HTTP proxy that knows CONNECT and nothing else, as organisations have them at their edge.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export type ConnectProxy = {
  readonly url: string
  /** host:port of every tunnel that was asked for. */
  readonly asked: readonly string[]
  /** Bytes through all tunnels, both ways together. */
  carried(): number
  /** Ends every tunnel, as a proxy that restarts does. */
  cut(): void
  stop(): Promise<void>
}

/**
 * `password`: refuses whoever does not give it (Proxy-Authorization, user `agent`). `via`: where every tunnel leads,
 * whatever was asked for: a fault proxy.
 */
export async function startConnectProxy(
  password: string | null = null,
  via: number | null = null,
): Promise<ConnectProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  let carried = 0
  const wanted = password && `Basic ${Buffer.from(`agent:${password}`).toString('base64')}`
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request, client: Socket, head: Buffer) => {
    asked.push(request.url ?? '')
    client.on('error', () => client.destroy())
    if (wanted !== null && request.headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n')
      return
    }
    const [, port] = (request.url ?? '').split(':')
    const upstream = connect(via ?? Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client)
      client.pipe(upstream)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('data', (part: Buffer) => {
        carried += part.length
      })
      one.on('error', () => one.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // as: it listens on a port, not on a pipe
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://${password === null ? '' : `agent:${password}@`}127.0.0.1:${port}`,
    ...{ asked, cut },
    carried: () => carried,
    async stop() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
