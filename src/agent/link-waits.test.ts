import { expect, it } from 'vitest'
import { seededRandom } from '../../rig/random.ts'
import { connectionUrl, waitBefore } from './link.ts'

it('waits between two tries: a quarter of a second to ten, doubling, never twice the same', () => {
  const random = seededRandom('waits')
  const waits = (failures: number) => Array.from({ length: 200 }, () => waitBefore(failures, random))
  for (const [failures, most] of [
    [0, 250],
    [1, 500],
    [5, 8_000],
    [6, 10_000],
    [999, 10_000],
  ] as const) {
    const all = waits(failures)
    expect(Math.max(...all)).toBeLessThanOrEqual(most)
    expect(Math.min(...all)).toBeGreaterThanOrEqual(most / 2)
    expect(new Set(all).size).toBeGreaterThan(50)
  }
})

it('goes out without TLS to loopback alone', () => {
  expect(connectionUrl('https://reset.example.test').href).toBe(
    'wss://reset.example.test/agent/v1/connection',
  )
  expect(connectionUrl('http://127.0.0.1:80').protocol).toBe('ws:')
  for (const server of [
    'http://reset.example.test',
    'http://127.0.0.1.example.test',
    'ftp://localhost',
    'http://10.0.0.1',
  ])
    expect(() => connectionUrl(server), server).toThrow('https')
})
