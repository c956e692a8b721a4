import {
  addPerson,
  type PeopleCraft,
  removePerson,
  requireReset,
  setPersonPassword,
  setPersonStatus,
} from '../../actions/people.ts'
import type { World } from '../../actions/world.ts'
import type { Refusal } from '../../directory.ts'
import { AppError } from '../../errors.ts'
import type { Person } from '../../store/store.ts'
import { type ExitCode, type Invocation, Misuse, type Parsed, parse } from '../arguments.ts'
import { readSecret, type Terminal } from '../terminal.ts'
import { type Opened, withOpened } from '../with-world.ts'

const FLAGS = {
  name: { type: 'string' },
  mail: { type: 'string', multiple: true },
  'recovery-mail': { type: 'string', multiple: true },
  group: { type: 'string', multiple: true },
  locale: { type: 'string' },
  administrator: { type: 'boolean' },
  'no-password': { type: 'boolean' },
} as const

const LIST_ROWS = 500

/** `postern user`: the accounts of the built-in directory. Passwords come from the terminal or standard input alone. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, FLAGS, { min: 1, max: 2 })
  const [verb = '', login] = parsed.positionals
  const deed = login === undefined ? (verb === 'list' ? list : undefined) : deedOf(verb, login, parsed)
  if (!deed) throw new Misuse('"postern user" was used wrongly')
  return withOpened(invocation, parsed, opened => deed(opened, invocation.terminal))
}

type Deed = (opened: Opened, terminal: Terminal) => Promise<ExitCode>

function deedOf(verb: string, login: string, parsed: Parsed): Deed | undefined {
  const deeds: Readonly<Record<string, Deed>> = {
    add: (opened, terminal) => add(opened, login, parsed, terminal),
    'set-password': (opened, terminal) => setPassword(opened, login, terminal),
    disable: (opened, terminal) => setStatus(opened, login, 'disabled', terminal),
    enable: (opened, terminal) => setStatus(opened, login, 'active', terminal),
    remove: (opened, terminal) => remove(opened, login, terminal),
    'require-reset': (opened, terminal) => forceReset(opened, login, terminal),
  }
  return Object.hasOwn(deeds, verb) ? deeds[verb] : undefined
}

function craftOf({ craft }: Opened): PeopleCraft {
  if (craft) return craft
  throw new AppError('invalid-input', 'The deployment file names no directory of the kind builtin.')
}

async function add(opened: Opened, login: string, parsed: Parsed, terminal: Terminal): Promise<ExitCode> {
  const craft = craftOf(opened)
  const password = parsed.flag('no-password') ? null : await readSecret(terminal, `Password for ${login}`)
  const refusal = await addPerson(opened.world, craft, {
    login,
    displayName: parsed.value('name') ?? login,
    mail: parsed.values('mail'),
    recoveryMail: parsed.values('recovery-mail'),
    groups: parsed.values('group'),
    locale: parsed.value('locale') ?? null,
    administrator: parsed.flag('administrator'),
    password,
  })
  return told(refusal, `${login} is added.`, terminal)
}

async function setPassword(opened: Opened, login: string, terminal: Terminal): Promise<ExitCode> {
  const craft = craftOf(opened)
  const password = await readSecret(terminal, `New password for ${login}`)
  const refusal = await setPersonPassword(opened.world, craft, login, password)
  return told(refusal, `${login} has the new password.`, terminal)
}

function told(refusal: Refusal | null, done: string, terminal: Terminal): ExitCode {
  if (!refusal) {
    terminal.out(`${done}\n`)
    return 0
  }
  const value = refusal.value === undefined ? '' : ` (${refusal.value})`
  terminal.err(
    `The password was refused: ${refusal.reason.replaceAll('_', ' ')}${value}. Nothing was changed.\n`,
  )
  return 1
}

async function setStatus(
  opened: Opened,
  login: string,
  status: Person['status'],
  terminal: Terminal,
): Promise<ExitCode> {
  await setPersonStatus(opened.world, craftOf(opened), login, status)
  terminal.out(`${login} is ${status}.\n`)
  return 0
}

async function remove(opened: Opened, login: string, terminal: Terminal): Promise<ExitCode> {
  await removePerson(opened.world, craftOf(opened), login)
  terminal.out(`${login} is removed, with everything that was registered.\n`)
  return 0
}

async function forceReset(opened: Opened, login: string, terminal: Terminal): Promise<ExitCode> {
  const marked = await requireReset(opened.world, opened.craft, login)
  terminal.out(
    marked
      ? `${login} must change the password, and is sent the way to do so.\n`
      : `${login} is sent the way to a reset. That the password must be changed is for the directory to say: mark it there.\n`,
  )
  return 0
}

async function list({ world }: Opened, terminal: Terminal): Promise<ExitCode> {
  for await (const person of everybody(world)) {
    const { login, displayName, status, groups, administrator, mustChange } = person
    const notes = [...(administrator ? ['administrator'] : []), ...(mustChange ? ['must change'] : [])]
    terminal.out(`${[login, displayName, status, groups.join(','), ...notes].join('\t')}\n`)
  }
  return 0
}

async function* everybody({ store }: World): AsyncGenerator<Person> {
  for (let last: string | null = null; ; ) {
    const after: string | null = last
    const page: Person[] = await store.read(tx => tx.people.list(after, LIST_ROWS))
    yield* page
    const end = page.at(-1)
    if (!end) return
    last = end.id
  }
}
