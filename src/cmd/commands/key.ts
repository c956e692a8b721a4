import { AppError } from '../../errors.ts'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { KEY_USES, type Key } from '../../lib/seal.ts'
import { type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import { createKeyFile, newKey, newRing, readKeyFile, replaceKeyFile, whyNotRetire } from '../key-file.ts'

/** `postern key`: makes a key ring, adds a key, takes an old one out. Secrets are never shown (decisions 7.6). */
export async function run({ words, terminal }: Invocation): Promise<ExitCode> {
  const { positionals, flag } = parse(words, { 'lose-values': { type: 'boolean' } }, { min: 2, max: 3 })
  const [verb, file = '', third = ''] = positionals
  const say = (text: string): ExitCode => {
    terminal.out(`${text}\n`)
    return 0
  }
  if (verb === 'create' && third === '') return say(create(file))
  if (verb === 'list' && third === '') return say(read(file).map(line).join('\n'))
  if (verb === 'add' && third !== '') return say(add(file, third))
  if (verb === 'retire' && third !== '') return say(retire(file, third, flag('lose-values')))
  throw new Misuse('"postern key" was used wrongly')
}

const line = (key: Key): string => `${key.id}  ${key.use.padEnd(6)}  ${key.created}`

function create(file: string): string {
  const made = createKeyFile(file, newRing(systemRandom, systemClock.now()))
  if (!made)
    throw new AppError('invalid-input', `${file} is there already; a key ring is never written over.`)
  return `${file} holds a new key ring. Keep a copy of it apart from the backups: without it they cannot be read.`
}

function read(file: string): readonly Key[] {
  const found = readKeyFile(file)
  if (!found.ok) throw new AppError('invalid-input', found.mistakes.join('\n'))
  return found.ring
}

function add(file: string, name: string): string {
  const use = KEY_USES.find(known => known === name)
  if (!use) throw new Misuse(`"${name}" is no use of a key`)
  if (use === 'decoy') {
    throw new AppError(
      'invalid-input',
      'The decoy key is never rolled: every enrollment and counter is found by it.',
    )
  }
  const ring = read(file)
  const key = newKey(use, ring, systemRandom, systemClock.now())
  replaceKeyFile(file, [...ring, key])
  return `${file} holds the new key ${key.id} for "${use}"; a running server uses it after its next start.`
}

/** What an old `seal` or `digest` key made cannot be read any more, so that is asked for by name. */
function retire(file: string, id: string, loseValues: boolean): string {
  const ring = read(file)
  const why = whyNotRetire(ring, id)
  if (why !== null) throw new AppError('invalid-input', why)
  const use = ring.find(key => key.id === id)?.use
  if ((use === 'seal' || use === 'digest') && !loseValues) {
    const text = `What the key ${id} sealed or digested would be lost; --lose-values says that you want that.`
    throw new AppError('invalid-input', text)
  }
  replaceKeyFile(
    file,
    ring.filter(key => key.id !== id),
  )
  return `${file} no longer holds the key ${id}.`
}
