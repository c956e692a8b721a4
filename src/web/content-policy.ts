import type { FastifyReply } from 'fastify'
import type { Widget } from '../bot-check.ts'

/** A policy without exceptions: no inline script or style, nothing from anywhere else (WEB-04, WEB-06). */
const DIRECTIVES: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'worker-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
  'object-src': ["'none'"],
}

const policyWith = (sources: Widget['sources']): string => {
  const names = new Set([...Object.keys(DIRECTIVES), ...Object.keys(sources)])
  const more: Readonly<Record<string, readonly string[] | undefined>> = sources
  return [...names]
    .map(name => [name, ...(DIRECTIVES[name] ?? []), ...(more[name] ?? [])].join(' '))
    .join('; ')
}

export const CONTENT_POLICY = policyWith({})

/** This one answer may load what its hosted bot check needs, from the hosts that its provider names. */
export function allowWidget(reply: FastifyReply, { sources }: Widget): void {
  reply.header('content-security-policy', policyWith(sources))
}
