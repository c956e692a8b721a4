import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Cli, openCli } from '../../rig/cli.ts'

let cli: Cli
beforeEach(async () => {
  cli = await openCli()
})
afterEach(() => cli.remove())

it('says that nothing holds somebody back, and knows nobody else', async () => {
  await cli.run(['user', 'add', 'alice', '--no-password'])
  expect(await cli.run(['hold', 'lift', 'alice'])).toMatchObject({
    code: 0,
    out: 'Nothing holds alice back.\n',
  })
  expect((await cli.run(['hold', 'lift', 'nobody'])).code).toBe(1)
  expect((await cli.run(['hold', 'keep', 'alice'])).code).toBe(2)
})
