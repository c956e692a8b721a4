// Measured times of several kinds of people, and whether they tell one kind from another (security.md ENU-02).
import { availableParallelism, loadavg } from 'node:os'
import { auc, median } from './statistics.ts'

/** Both must be exceeded: an area this far from a half, and a gap between the medians that a network would let through. */
export const AREA_MAX = 0.07
const GAP_MS_MAX = 5

export type Samples = {
  add(step: string, kind: string, ms: number): void
  readonly steps: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>
}

export function told(): Samples {
  const steps = new Map<string, Map<string, number[]>>()
  return {
    steps,
    add(step, kind, ms) {
      const kinds = steps.get(step) ?? new Map<string, number[]>()
      steps.set(step, kinds)
      const heap = kinds.get(kind) ?? []
      kinds.set(kind, heap)
      heap.push(ms)
    },
  }
}

export type Separation = {
  readonly name: string
  readonly apart: boolean
  readonly area: number
  readonly gapMs: number
  readonly text: string
}

/** Every kind against `nobody`, step by step. */
export const separations = (samples: Samples, nobody: string): Separation[] =>
  [...samples.steps].flatMap(([step, kinds]) =>
    [...kinds]
      .filter(([kind]) => kind !== nobody)
      .map(([kind, heap]) => separation(`${step}: ${kind}`, heap, kinds.get(nobody) ?? [])),
  )

export function separation(name: string, heap: readonly number[], nobody: readonly number[]): Separation {
  const area = auc(heap, nobody)
  const gapMs = median(heap) - median(nobody)
  const apart = Math.abs(area - 0.5) > AREA_MAX && Math.abs(gapMs) > GAP_MS_MAX
  const medians = `${median(heap).toFixed(2)} against ${median(nobody).toFixed(2)} ms`
  const text = `${name.padEnd(32)} AUC ${area.toFixed(3)}  gap ${gapMs.toFixed(2)} ms  (${medians})${apart ? '  APART' : ''}`
  return { name, apart, area, gapMs, text }
}

/** For the figures' own page: what else this machine was doing. */
export const loadOfMachine = (): string =>
  `load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`
