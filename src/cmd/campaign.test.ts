import { afterAll, beforeAll, expect, it, test } from 'vitest'
import { type Cli, openCli } from '../../rig/cli.ts'

let cli: Cli
beforeAll(async () => {
  cli = openCli()
  await cli.run(['user', 'add', 'alice', '--no-password'])
})
afterAll(() => cli.remove())
const campaign = (...words: readonly string[]) => cli.run(['campaign', ...words])

it('has nothing to say, and nobody to write to, before there is a policy', async () => {
  expect(await campaign('status')).toMatchObject({ code: 0, out: 'There never was a campaign.\n' })
  expect(await campaign('left')).toEqual({
    code: 0,
    out: 'login,directory,mailed_at\r\n',
    err: '0 people left\n',
  })
  expect(await campaign('start')).toMatchObject({
    code: 1,
    err: expect.stringContaining('nobody to write to'),
  })
})

it('begins, waits, goes on and ends at a word, and says how it stands', async () => {
  await cli.run(['settings', 'apply', '-'], '{ scope: { kind: all }, registration: { first: pass } }')
  const { out } = await campaign('start', '--remind-after', '7')
  expect(out).toContain('at most 30 people a minute')
  expect(out).toContain('registration.first is pass')
  expect((await campaign('pause')).code).toBe(0)
  expect((await campaign('status')).out).toMatch(
    /^paused, begun .*\nlooked at: 0 people, in the directory local\n[\s\S]*reminded: 0, after 7 days\n$/,
  )
  expect(await campaign('pause')).toMatchObject({ code: 1, err: 'There is no campaign to pause.\n' })
  expect((await campaign('resume')).code).toBe(0)
  expect(await campaign('start')).toMatchObject({ code: 1, err: expect.stringContaining('under way') })
  expect((await campaign('stop')).code).toBe(0)
  expect((await campaign('start')).code).toBe(0)
})

test.each([
  [[]],
  [['begin']],
  [['toString']],
  [['start', 'now']],
  [['start', '--remind-after', '0']],
  [['start', '--remind-after', '91']],
  [['start', '--remind-after', 'soon']],
  [['left', '--remind-after', '7']],
])('%j is used wrongly', async words => {
  expect(await campaign(...words)).toMatchObject({
    code: 2,
    err: expect.stringContaining('postern campaign'),
  })
})
