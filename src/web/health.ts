import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { availability } from '../actions/availability.ts'
import type { Portal } from './portal.ts'

const RESOLUTION_MS = 20

/**
 * Liveness asks nothing of anybody; readiness asks the store and the directories, whose answers are kept for seconds
 * (DOS-08). Both tell how late the event loop runs, in milliseconds.
 */
export function healthRoutes(app: FastifyInstance, portal: Portal): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  app.addHook('onClose', async () => delay.disable())
  const lateness = (): number => {
    const p99 = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS)
    delay.reset()
    return Math.round(p99)
  }
  app.get('/health/live', { schema: { hide: true } }, async () => ({
    status: 'ok',
    event_loop_delay_ms: lateness(),
  }))
  app.get('/health/ready', { schema: { hide: true } }, async (_request, reply) => {
    const state = await availability(portal.world).catch(() => ({
      state: 'not_now' as const,
      because: 'store' as const,
      supportCode: null,
    }))
    if (state.state === 'not_now') reply.code(503)
    return { status: state.state, ...('because' in state ? { because: state.because } : {}) }
  })
}
