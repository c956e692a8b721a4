import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { tempFolder } from '../rig/child.ts'
import { createBannedWords } from '../src/banned.ts'
import { buildFilter } from '../src/breaches/filter/build.ts'
import { openFilterFile } from '../src/breaches/filter-file.ts'
import { loadCommonPasswords } from '../src/cmd/common-passwords.ts'
import { newBase32, systemRandom } from '../src/lib/random.ts'

const KEYS = 3_000_000
const LOOK_UPS = 200_000

/** A list of three million, built and asked (targets: 10 µs a look-up, under 0.1 % false positives). */
export async function benchBreaches(line: (text: string) => void): Promise<void> {
  const folder = tempFolder('bench-breaches')
  try {
    const out = join(folder.path, 'breach.filter')
    const list = listOfKeys()
    const from = performance.now()
    const { bytes } = await buildFilter({ input: Readable.from(list), out, minCount: 1 })
    const perSecond = KEYS / (performance.now() - from) / 1_000
    const filter = openFilterFile(out)
    const signal = AbortSignal.timeout(600_000)
    for (let n = 0; n < LOOK_UPS / 10; n += 1) await filter.seen(`warm ${n}`, signal)
    const asked = performance.now()
    let seen = 0
    for (let n = 0; n < LOOK_UPS; n += 1) if (await filter.seen(`strange ${n}`, signal)) seen += 1
    const each = ((performance.now() - asked) / LOOK_UPS) * 1_000
    await filter.close()
    line(
      `breach look-up                     ${each.toFixed(1).padStart(5)} µs   ${((seen / LOOK_UPS) * 100).toFixed(3)} % false positives   (${KEYS / 1e6} million keys, ${((bytes * 8) / KEYS).toFixed(1)} bits each; ${perSecond.toFixed(1)} million a second built)`,
    )
  } finally {
    rmSync(folder.path, { recursive: true, force: true })
  }
}

/** As it is downloaded, in pieces of ten thousand lines. */
const listOfKeys = (): Buffer[] =>
  Array.from({ length: KEYS / 10_000 }, (_, piece) => {
    const digests = Array.from({ length: 10_000 }, (_, n) =>
      createHash('sha1')
        .update(`key ${piece * 10_000 + n}`)
        .digest('hex')
        .toUpperCase(),
    )
    return Buffer.from(digests.map(digest => `${digest}:3\r\n`).join(''))
  })

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
