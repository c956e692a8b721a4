import type { FastifyReply, FastifyRequest } from 'fastify'
import { days, toRfc3339 } from '../lib/clock.ts'
import type { Portal } from './portal.ts'

/** RFC 9116: where to report a weakness. `Expires` is always ahead, and less than a year. */
export const securityText =
  ({ world, securityContact, publicUrl }: Portal) =>
  async (_request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    reply.type('text/plain; charset=utf-8')
    const expires = toRfc3339(world.clock.now() + days(90))
    return `Contact: ${securityContact}\nExpires: ${expires}\nCanonical: ${publicUrl}/.well-known/security.txt\n`
  }
