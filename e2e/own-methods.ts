// At security info, as a person goes through it: the door, and one method after the other.
import { TOTP } from 'otpauth'
import type { Demo } from '../rig/demo.ts'
import type { MethodName } from '../src/method.ts'
import { button, choose, field, giveCode, say } from './steps.ts'
import type { Visit } from './visit.ts'

type Key = Parameters<typeof say>[1]

/** With the password; `then`: the heading of the page that follows. */
export async function signIn(person: Visit, demo: Demo, login: string, then: Key): Promise<void> {
  await person.page.goto(`${person.origin}/sign-in?login=${login}`)
  await person.arrive(say(person, 'page.sign_in.title'))
  await field(person, 'page.sign_in.password').fill((await demo.account(login)).password)
  await button(person, 'page.sign_in.submit').click()
  await person.arrive(say(person, then))
}

/** The second step of a sign-in. */
export async function step(person: Visit, method: MethodName, code: string, then: Key): Promise<void> {
  await choose(person, method)
  await giveCode(person, code, then)
}

/** The button that adds a method, wherever it stands. */
export async function add(person: Visit, method: MethodName): Promise<void> {
  const named = person.page.getByRole('button', { name: say(person, `page.method.${method}`) }).last()
  if (!(await named.isVisible()))
    await person.page.getByText(say(person, 'page.setup.different'), { exact: true }).click()
  await named.click()
  await person.arrive(say(person, `page.add.${method}.title`))
}

/** The code of an app that read the key of this page. */
export async function codeOfNewApp({ page }: Visit, demo: Demo): Promise<string> {
  const key = (await page.locator('.key').textContent()) ?? ''
  return new TOTP({ secret: key.replaceAll(' ', '') }).generate({ timestamp: demo.now() })
}

export async function confirm(person: Visit, code: string, then: Key): Promise<void> {
  await person.page.locator('#code').fill(code)
  await button(person, 'page.add.confirm').click()
  await person.arrive(say(person, then))
}

export async function addEmail(person: Visit, demo: Demo, address: string, then: Key): Promise<void> {
  await add(person, 'email')
  await field(person, 'page.add.email.label').fill(address)
  await button(person, 'page.add.email.submit').click()
  await field(person, 'page.code.label.app_code').waitFor()
  await confirm(person, await demo.mailedCode(address), then)
}

/** The codes that stand on the page, as somebody writes them down. */
export const codesOnPage = ({ page }: Visit): Promise<string[]> =>
  page.locator('ul.codes code').allTextContents()
