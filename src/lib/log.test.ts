import { expect, test } from 'vitest'
import { createLog } from './log.ts'

function logged(fields: Record<string, unknown>, event = 'something happened') {
  const lines: string[] = []
  createLog(line => lines.push(line)).warn(event, fields)
  return { lines, line: JSON.parse(lines[0] ?? '') as Record<string, unknown> }
}

test('a line carries its time, level, event and fields', () => {
  const { line } = logged({ server: 'dc1', tries: 3 })
  expect(line).toMatchObject({ level: 'warn', event: 'something happened', server: 'dc1', tries: 3 })
  expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test.each([
  { password: 'hunter2-canary' },
  { newPassword: 'hunter2-canary' },
  { deep: { list: [{ bind_password: 'hunter2-canary' }] } },
  { headers: { authorization: 'Bearer hunter2-canary', cookie: 'hunter2-canary' } },
  { answers: { pet: 'hunter2-canary' } },
  { resetToken: 'hunter2-canary' },
  { bytes: Buffer.from('hunter2-canary') },
  { failure: Object.assign(new Error('no'), { request: { body: 'hunter2-canary' } }) },
])('a secret never reaches the log: %o', fields => {
  const { lines } = logged(fields)
  expect(lines.join()).not.toContain('canary')
})

test('a one-time code is left out, the code of an error is not', () => {
  expect(logged({ code: '123456' }).line['code']).toBe('(secret)')
  expect(logged({ code: 'ABCD-2345-ABCD' }).line['code']).toBe('(secret)')
  expect(logged({ code: 'ECONNREFUSED' }).line['code']).toBe('ECONNREFUSED')
  expect(logged({ code: 49 }).line['code']).toBe(49)
})

test('an error tells its kind, its words and its cause', () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const { line } = logged({ failure: new TypeError('broken', { cause }) })
  expect(line['failure']).toMatchObject({
    type: 'TypeError',
    message: 'broken',
    cause: { message: 'refused', code: 'ECONNREFUSED' },
  })
})

test('text from outside cannot break a line, colour a terminal or turn the reading direction', () => {
  const evil = 'a\r\nb\u001b[31m\u009b31m\u202e\u2066\u2028\u007f\ud800","level":"info'
  const { lines, line } = logged({ browser: evil }, 'x')
  expect(lines).toHaveLength(1)
  expect(lines[0]?.trimEnd()).toMatch(/^[\x20-\x7e]*$/)
  expect(line['level']).toBe('warn')
  expect(line['browser']).toBe(evil)
})

test('nothing endless is written', () => {
  const loop: Record<string, unknown> = { text: 'x'.repeat(100_000) }
  loop['self'] = loop
  expect(logged({ loop }).lines[0]?.length).toBeLessThan(20_000)
})
