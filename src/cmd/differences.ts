/**
 * Lines that went (-) and came (+), in order, by the longest common subsequence; nothing where nothing changed. For
 * texts of a policy's size: the table has one cell for each pair of lines.
 */
export function differences(before: readonly string[], after: readonly string[]): string {
  const common = commonLengths(before, after)
  const lines: string[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      i++
      j++
    } else if (
      j >= after.length ||
      (i < before.length && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))
    ) {
      lines.push(`- ${before[i++]}\n`)
    } else lines.push(`+ ${after[j++]}\n`)
  }
  return lines.join('')
}

/** `table[i][j]`: how long the longest common subsequence of the lines from i and from j on is. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  for (let i = before.length - 1; i >= 0; i--) {
    const [row, below] = [table[i] ?? [], table[i + 1] ?? []]
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? 1 + (below[j + 1] ?? 0) : Math.max(below[j] ?? 0, row[j + 1] ?? 0)
    }
  }
  return table
}
