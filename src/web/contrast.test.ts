import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync(new URL('./browser/portal.css', import.meta.url), 'utf8')
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)')

const tokensOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]),
  )

const SCHEMES = [
  { scheme: 'light', tokens: tokensOf(light) },
  { scheme: 'dark', tokens: tokensOf(dark.slice(0, dark.indexOf('\n}\n'))) },
]

/** Text on its ground: 4.5:1 (WCAG 1.4.3). Where it stands in the stylesheet, it stands here. */
const TEXT = [
  ['ink', 'paper', 'surface', 'accent-tint', 'danger-tint'],
  ['soft', 'paper', 'surface', 'accent-tint'],
  ['accent', 'paper', 'surface'],
  ['accent-strong', 'paper', 'surface', 'accent-tint'],
  ['on-accent', 'accent', 'accent-strong'],
  ['danger', 'surface', 'danger-tint'],
  ['success', 'success-tint'],
  ['notice', 'notice-tint', 'paper'],
]

/** Edges of fields and buttons, icons, finished steps and the focus ring: 3:1 (WCAG 1.4.11). */
const EDGES = [
  ['edge', 'paper', 'surface'],
  ['accent', 'paper', 'surface', 'accent-tint'],
  ['danger', 'surface'],
  ['success', 'surface'],
  ['focus', 'paper', 'surface', 'danger-tint', 'notice-tint', 'accent-tint'],
]

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const tooFaint = (tokens: ReadonlyMap<string, string>, pairs: readonly string[][], least: number): string[] =>
  pairs.flatMap(([front = '', ...grounds]) =>
    grounds
      .map(ground => ({ ground, ratio: contrast(tokens.get(front) ?? '', tokens.get(ground) ?? '') }))
      .filter(({ ratio }) => !(ratio >= least))
      .map(({ ground, ratio }) => `${front} on ${ground}: ${ratio.toFixed(2)}`),
  )

test.each(SCHEMES)('text can be read, edges can be seen: $scheme', ({ tokens }) => {
  expect(tokens.size).toBeGreaterThan(15)
  expect(tooFaint(tokens, TEXT, 4.5)).toEqual([])
  expect(tooFaint(tokens, EDGES, 3)).toEqual([])
})

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})
