// What honest people do wrong (decisions 1.14). None of it may cost more than the next press.
import type { Locator } from 'playwright-core'
import { button, field, type giveCode, isTold, say, typePassword } from './steps.ts'
import type { Visit } from './visit.ts'

type Then = Parameters<typeof giveCode>[2]

/** A double click: the first post arrives and its answer is lost, the second one's is what the person sees. */
export async function pressTwice({ page, context }: Visit, pressed: Locator): Promise<void> {
  await page.route(
    '**',
    async route => {
      const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`)
      const headers = { ...(await route.request().allHeaders()), cookie: cookies.join('; ') }
      await route.fetch({ headers, maxRedirects: 0 })
      await route.continue()
    },
    { times: 1 },
  )
  await pressed.click()
}

/** With stray spaces and capitals, and a double click. */
export async function giveLoginClumsily(visit: Visit, login: string): Promise<void> {
  await field(visit, 'page.login.label').fill(` ${login.toUpperCase()} `)
  await pressTwice(visit, button(visit, 'page.start.submit'))
  await visit.arrive(say(visit, 'page.choose.title'))
}

/** One wrong code, a look away and back, a reload, and then the right one, pressed twice. */
export async function giveCodeClumsily(visit: Visit, code: string, then: Then): Promise<void> {
  const { page } = visit
  const title = (await page.getByRole('heading', { level: 1 }).textContent()) ?? ''
  await page.locator('#code').fill(wrongOf(code))
  await button(visit, 'page.code.submit').click()
  await isTold(visit, 'page.problem.answer_wrong')
  await page.goBack()
  await page.goto(`${visit.origin}/reset`)
  await page.reload()
  await visit.arrive(title)
  await page.locator('#code').fill(` ${code} `)
  await pressTwice(visit, button(visit, 'page.code.submit'))
  await visit.arrive(say(visit, then))
}

/** As long as the right one, and never it. */
const wrongOf = (code: string): string => (code.startsWith('2') ? '3' : '2') + code.slice(1)

/** Too short; then, where it must be typed twice, differently; then right, pressed twice. */
export async function givePasswordClumsily(visit: Visit, password: string): Promise<void> {
  await typePassword(visit, 'short')
  await button(visit, 'page.password.submit').click()
  await visit.page.getByRole('alert').waitFor()
  await field(visit, 'page.password.label').fill(password)
  await field(visit, 'page.password.again').fill(`${password}x`)
  await button(visit, 'page.password.submit').click()
  await isTold(visit, 'page.problem.passwords_differ')
  await typePassword(visit, password)
  await pressTwice(visit, button(visit, 'page.password.submit'))
  await visit.arrive(say(visit, 'page.done.title_password'))
}

/** At the door of security info: stray spaces and capitals, one letter too many in the secret, and a double click. */
export async function signInClumsily(
  visit: Visit,
  login: string,
  secret: 'page.sign_in.password' | 'page.pass.label',
  value: string,
  told: 'page.problem.sign_in_wrong' | 'page.problem.pass_wrong',
): Promise<void> {
  await field(visit, 'page.login.label').fill(` ${login.toUpperCase()} `)
  await field(visit, secret).fill(`${value}x`)
  await button(visit, 'page.sign_in.submit').click()
  await isTold(visit, told)
  await field(visit, secret).fill(value)
  await pressTwice(visit, button(visit, 'page.sign_in.submit'))
}

/** The first code of a new method: one wrong, a reload, and then the right one, pressed twice. */
export async function confirmClumsily(visit: Visit, code: string, then: Then): Promise<void> {
  const { page } = visit
  await page.locator('#code').fill(wrongOf(code))
  await button(visit, 'page.add.confirm').click()
  await isTold(visit, 'page.problem.answer_wrong')
  await page.goto(`${visit.origin}/security-info/add`)
  await page.reload()
  await page.locator('#code').fill(` ${code} `)
  await pressTwice(visit, button(visit, 'page.add.confirm'))
  await visit.arrive(say(visit, then))
  if (await page.getByRole('alert').isVisible()) throw new Error('a second press is told as a problem')
}
