import { createBannedWords } from '../src/banned.ts'
import { loadCommonPasswords } from '../src/cmd/common-passwords.ts'
import { newBase32, systemRandom } from '../src/lib/random.ts'

/** A check against 1,000 own terms and the shipped list (target: under 100 µs). */
export async function benchRules(line: (text: string) => void): Promise<void> {
  const own = Array.from({ length: 1_000 }, () => newBase32(systemRandom, 8).toLowerCase())
  const banned = createBannedWords({ own, organisation: 'Contoso', common: await loadCommonPasswords() })
  const passwords = Array.from(
    { length: 2_000 },
    (_, index) => `${newBase32(systemRandom, 6)} ${own[index % 1_000]} Quiet-harbour ${index}`,
  )
  for (const password of passwords) banned.judge(password, ['Alice', 'Sample'])
  const from = performance.now()
  for (const password of passwords) banned.judge(password, ['Alice', 'Sample'])
  const each = ((performance.now() - from) / passwords.length) * 1_000
  line(`banned-word check                  ${each.toFixed(1).padStart(5)} µs`)
}
