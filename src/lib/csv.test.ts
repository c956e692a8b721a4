import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { boundedLines, csvFields, type Line } from './csv.ts'

describe('a line of comma-separated values', () => {
  test.each([
    ['a,b,c', ['a', 'b', 'c']],
    ['', ['']],
    [',', ['', '']],
    ['"a,b","say ""yes""",', ['a,b', 'say "yes"', '']],
    ['""', ['']],
    ['"""",x', ['"', 'x']],
    [' a , "b"', null],
    ['a b, c d', ['a b', ' c d']],
    ['"open,b', null],
    ['a"b,c', null],
    ['"a"b,c', null],
    ['"a" ,c', null],
    ['a;b', ['a;b']],
  ] as const)('%s', (line, fields) => {
    expect(csvFields(line)).toEqual(fields)
  })

  it('gives back whatever was written', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', ' ', ';', 'é') })
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), fields => {
        const line = fields.map(each => `"${each.replaceAll('"', '""')}"`).join(',')
        expect(csvFields(line)).toEqual(fields)
      }),
    )
  })

  it('takes no longer than its length, however it is made', () => {
    for (const line of ['"'.repeat(1_000_001), ','.repeat(1_000_000), '"a'.repeat(500_000)])
      expect([null, 1_000_001]).toContain(csvFields(line)?.length ?? null)
  })
})

describe('the lines of a stream', () => {
  async function linesOf(parts: readonly (Uint8Array | string)[], max = 20): Promise<Line['text'][]> {
    const lines: Line[] = []
    async function* stream() {
      yield* parts
    }
    for await (const line of boundedLines(stream(), max)) lines.push(line)
    expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1))
    return lines.map(({ text }) => text)
  }

  it('end by LF or CRLF, the last one by nothing', async () => {
    expect(await linesOf(['a\r\nb\n\nc'])).toEqual(['a', 'b', '', 'c'])
    expect(await linesOf(['a\n'])).toEqual(['a'])
    expect(await linesOf([])).toEqual([])
  })

  it('begin behind the mark of UTF-8, wherever the parts are cut', async () => {
    const bytes = new TextEncoder().encode('\ufeffünï,x\r\ny')
    for (let at = 0; at <= bytes.length; at++)
      expect(await linesOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(['ünï,x', 'y'])
  })

  it('too long or not UTF-8 are told from the others, which are read', async () => {
    const long = 'x'.repeat(1_000_000)
    expect(await linesOf([`a\n${long}`, long, `${long}\nb`, `\n${long}`])).toEqual(['a', null, 'b', null])
    expect(await linesOf(['x'.repeat(20), '\r\n', 'x'.repeat(21)])).toEqual(['x'.repeat(20), null])
    expect(await linesOf([Uint8Array.of(0x61, 0xe9, 0x0a, 0x62)])).toEqual([null, 'b'])
  })
})
