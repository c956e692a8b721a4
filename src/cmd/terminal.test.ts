import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readSecret } from './terminal.ts'

/** A terminal whose person types these keys, each when it is asked for. */
function typing(...answers: string[]) {
  const input = new PassThrough()
  const raw: boolean[] = []
  let shown = ''
  const terminal = {
    input: Object.assign(input, { isTTY: true, setRawMode: (on: boolean) => void raw.push(on) }),
    out: () => {},
    err: (text: string) => {
      shown += text
      if (text.endsWith(': ')) setImmediate(() => input.write(answers.shift() ?? '\u0003'))
    },
  }
  return { terminal, shown: () => shown, raw }
}

test('a secret is asked for twice and never shown, and the terminal is itself again', async () => {
  const { terminal, shown, raw } = typing('correct horse\r', 'correct horse\r')
  expect(await readSecret(terminal, 'Password')).toBe('correct horse')
  expect(shown()).toBe('Password: \nOnce more: \n')
  expect(raw).toEqual([true, false, true, false])
})

test('a key may be taken back, letters of every script', async () => {
  const { terminal } = typing('pässx\u007f\u{1f511}y\u007f\r', 'päss\u{1f511}\n')
  expect(await readSecret(terminal, 'Password')).toBe('päss\u{1f511}')
})

test.each([
  ['two that differ', ['one\r', 'two\r'], /The two entries differ/],
  ['nothing', ['\r', '\r'], /No password was given/],
  ['a stop', ['on\u0003'], /Stopped/],
  ['a novel', [`${'x'.repeat(1_025)}\r`, `${'x'.repeat(1_025)}\r`], /too long/],
])('%s is no secret', async (_what, answers, expected) => {
  const { terminal, raw } = typing(...answers)
  await expect(readSecret(terminal, 'Password')).rejects.toThrow(expected)
  expect(raw.at(-1)).toBe(false)
})

test('without a terminal the first line of the input is the secret', async () => {
  const input = new PassThrough()
  input.end('correct horse\r\nanother line\n')
  expect(await readSecret({ input, out: () => {}, err: () => {} }, 'Password')).toBe('correct horse')
})
