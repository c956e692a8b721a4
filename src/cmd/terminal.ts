import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'

const INPUT_BYTES_MAX = 16_000_000
const SECRET_CHARACTERS_MAX = 1_024

/** Where a command reads and writes; tests hand in their own. */
export type Terminal = {
  readonly input: Readable & { isTTY?: boolean; setRawMode?(raw: boolean): void }
  out(text: string): void
  err(text: string): void
}

/** Everything on standard input, as UTF-8. Throws `invalid-input` above 16 MB. */
export async function readAll(terminal: Terminal): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of terminal.input) {
    const buffer = Buffer.from(part)
    bytes += buffer.length
    if (bytes > INPUT_BYTES_MAX) throw new AppError('invalid-input', 'That is more than 16 MB.')
    parts.push(buffer)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** What comes before the first line end, or the end; the rest is not waited for. Throws `invalid-input` above 16 MB. */
export async function readFirstLine(terminal: Terminal): Promise<string> {
  let text = ''
  for await (const part of terminal.input) {
    text += Buffer.from(part).toString('utf8')
    if (text.length > INPUT_BYTES_MAX) throw new AppError('invalid-input', 'That is more than 16 MB.')
    if (/[\r\n]/.test(text)) break
  }
  return text.split(/[\r\n]/)[0] ?? ''
}

/**
 * A secret: asked for twice without echo at a terminal, else the first line of standard input. Never an argument, which
 * the process list would show (STO-04).
 */
export async function readSecret(terminal: Terminal, prompt: string): Promise<string> {
  if (!terminal.input.isTTY) return checked((await readAll(terminal)).split(/\r?\n/)[0] ?? '')
  const first = await askHidden(terminal, `${prompt}: `)
  const second = await askHidden(terminal, 'Once more: ')
  if (first !== second) throw new AppError('invalid-input', 'The two entries differ; nothing was changed.')
  return checked(first)
}

function checked(secret: string): string {
  if (secret === '') throw new AppError('invalid-input', 'No password was given on standard input.')
  if (secret.length > SECRET_CHARACTERS_MAX) throw new AppError('invalid-input', 'That password is too long.')
  return secret
}

function askHidden(terminal: Terminal, prompt: string): Promise<string> {
  terminal.err(prompt)
  const { input } = terminal
  input.setRawMode?.(true)
  return new Promise((resolve, reject) => {
    let typed = ''
    const end = (result: () => void) => {
      input.off('data', onData)
      input.setRawMode?.(false)
      input.pause()
      terminal.err('\n')
      result()
    }
    const onData = (data: Buffer) => {
      for (const character of data.toString('utf8')) {
        if (character === '\r' || character === '\n') return end(() => resolve(typed))
        if (character === '\u0003') return end(() => reject(new AppError('invalid-input', 'Stopped.')))
        typed =
          character === '\u007f' || character === '\b' ? [...typed].slice(0, -1).join('') : typed + character
      }
    }
    input.on('data', onData)
    input.resume()
  })
}
