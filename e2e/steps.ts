// The five steps as a person takes them: by label and button, in whatever language the page is.
import type { Locator } from 'playwright-core'
import type { Messages } from '../src/messages.ts'
import type { MethodName } from '../src/method.ts'
import type { Visit } from './visit.ts'

type Key = keyof Messages & string
/** The words of a message that has no blanks. */
export const say = ({ words }: Visit, key: Key): string => words.t(key as 'page.start.title') // as: none of these takes arguments

export const button = (visit: Visit, key: Key): Locator =>
  visit.page.locator('main').getByRole('button', { name: say(visit, key), exact: true })
/** `\s`: a method's button also tells what it is about. */
const methodButton = (visit: Visit, method: MethodName): Locator =>
  visit.page
    .locator('main')
    .getByRole('button', { name: say(visit, `page.method.${method}`) })
    .first()
export const field = (visit: Visit, key: Key): Locator =>
  visit.page.getByLabel(say(visit, key), { exact: true })

export async function openStart(visit: Visit, address = '/'): Promise<void> {
  await visit.page.goto(visit.origin + address)
  await visit.arrive(say(visit, 'page.start.title'))
}

/** Who, and on to the proofs. Without script the ticket must be ripe already. */
export async function giveLogin(visit: Visit, login: string): Promise<void> {
  await field(visit, 'page.login.label').fill(login)
  await button(visit, 'page.start.submit').click()
  await visit.arrive(say(visit, 'page.choose.title'))
}

export async function choose(visit: Visit, method: MethodName): Promise<void> {
  await methodButton(visit, method).click()
  await visit.arrive(say(visit, `page.code.title.${method}`))
}

/** `then`: the heading of the page that follows. */
export async function giveCode(visit: Visit, code: string, then: Key): Promise<void> {
  await visit.page.locator('#code').fill(code)
  await button(visit, 'page.code.submit').click()
  await visit.arrive(say(visit, then))
}

/** Shown once, it need not be typed twice (decisions 1.6); without script there is nothing to show it. */
export async function typePassword(visit: Visit, password: string): Promise<void> {
  const show = button(visit, 'page.password.show')
  if (await show.isVisible()) await show.click()
  await field(visit, 'page.password.label').fill(password)
  const again = field(visit, 'page.password.again')
  if (await again.isVisible()) await again.fill(password)
}

export async function givePassword(visit: Visit, password: string): Promise<void> {
  await typePassword(visit, password)
  await button(visit, 'page.password.submit').click()
  await visit.arrive(say(visit, 'page.done.title_password'))
}

/** The page shows this problem, has it read out, and says what to do next. */
export async function isTold(visit: Visit, key: Key): Promise<void> {
  await visit.page
    .getByRole('alert')
    .filter({ hasText: say(visit, key) })
    .waitFor()
  await visit.arrive((await visit.page.getByRole('heading', { level: 1 }).textContent()) ?? '')
}
