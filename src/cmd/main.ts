#!/usr/bin/env node
import { AppError } from '../errors.ts'
import { type Invocation, Misuse, type Run } from './arguments.ts'
import type { Terminal } from './terminal.ts'

/** Every program there is, with what it takes. Each file is loaded when it is asked for. */
const COMMANDS: Readonly<Record<string, { usage: readonly string[]; load: () => Promise<{ run: Run }> }>> = {
  serve: { usage: ['serve'], load: () => import('./commands/serve.ts') },
  migrate: { usage: ['migrate'], load: () => import('./commands/migrate.ts') },
  doctor: {
    usage: ['doctor [--dkim-selector NAME] [--dns-server ADDRESS]'],
    load: () => import('./commands/doctor.ts'),
  },
  backup: { usage: ['backup FILE'], load: () => import('./commands/backup.ts') },
  restore: { usage: ['restore FILE'], load: () => import('./commands/restore.ts') },
  user: {
    usage: [
      'user add LOGIN [--name TEXT] [--mail ADDRESS]… [--recovery-mail ADDRESS]… [--group NAME]… [--locale TAG] [--administrator] [--no-password]',
      'user set-password LOGIN        (the password comes from the terminal or standard input)',
      'user list',
      'user disable|enable|remove|require-reset LOGIN',
    ],
    load: () => import('./commands/user.ts'),
  },
  enrollment: {
    usage: [
      'enrollment import FILE|- [--dry-run]',
      'enrollment list LOGIN',
      'enrollment remove LOGIN ID',
      'enrollment enable LOGIN',
    ],
    load: () => import('./commands/enrollment.ts'),
  },
  token: {
    usage: [
      'token import FILE|- [--dry-run] [--algorithm SHA1|SHA256] [--digits 6|8]',
      'token list [LOGIN]',
      'token remove SERIAL',
    ],
    load: () => import('./commands/token.ts'),
  },
  agent: {
    usage: [
      'agent                          (the agent itself, beside its directory; --config names its own file)',
      'agent enroll|fingerprint       (on its host; the one-time code comes from standard input)',
      'agent invite DIRECTORY NAME    (prints a one-time code, good for ten minutes)',
      'agent confirm NAME FINGERPRINT',
      'agent list',
      'agent revoke NAME',
      'agent roll [NAME]              (new keys of the server, or of one agent)',
    ],
    load: () => import('./commands/agent.ts'),
  },
  pass: {
    usage: ['pass issue LOGIN [--minutes N]', 'pass revoke LOGIN'],
    load: () => import('./commands/pass.ts'),
  },
  campaign: {
    usage: ['campaign start [--remind-after DAYS]', 'campaign status|pause|resume|stop', 'campaign left'],
    load: () => import('./commands/campaign.ts'),
  },
  hold: { usage: ['hold lift LOGIN'], load: () => import('./commands/hold.ts') },
  settings: {
    usage: [
      'settings export',
      'settings apply FILE|- [--dry-run] [--expect VERSION] [--allow-unknown-groups]',
    ],
    load: () => import('./commands/settings.ts'),
  },
  key: {
    usage: [
      'key create FILE',
      'key list FILE',
      'key add FILE seal|digest|sign',
      'key retire FILE ID [--lose-values]',
    ],
    load: () => import('./commands/key.ts'),
  },
  breach: {
    usage: ['breach build LIST|- FILE [--min-count N]'],
    load: () => import('./commands/breach.ts'),
  },
  audit: { usage: ['audit export [--since TIME] [--after ID]'], load: () => import('./commands/audit.ts') },
  version: { usage: ['version'], load: () => import('./commands/version.ts') },
}

const USAGE_END = 'Every command takes --config FILE; without it POSTERN_CONFIG names the deployment file.'

/** Runs one command. 0: done. 1: it could not be done. 2: the command line was used wrongly. */
export async function main(
  words: readonly string[],
  invocation: Omit<Invocation, 'words'>,
): Promise<0 | 1 | 2> {
  const { terminal } = invocation
  const [name = 'help', ...rest] = words
  if (name === 'help' || name === '--help' || rest.includes('--help')) {
    terminal.out(usageOf(name))
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    terminal.err(`Postern has no command "${name}".\n${usageOf('help')}`)
    return 2
  }
  try {
    const { run } = await command.load()
    return await run({ ...invocation, words: rest })
  } catch (error) {
    return failed(error, name, terminal)
  }
}

/** An expected mistake is a sentence; only what nobody expected shows where it happened. */
function failed(error: unknown, name: string, terminal: Terminal): 1 | 2 {
  if (error instanceof Misuse) {
    terminal.err(`${error.message}.\n${usageOf(name)}`)
    return 2
  }
  if (error instanceof AppError && error.code !== 'internal') terminal.err(`${error.message}\n`)
  else
    terminal.err(
      `Something went wrong inside Postern: ${error instanceof Error ? error.stack : String(error)}\n`,
    )
  return 1
}

function usageOf(name: string): string {
  const chosen = COMMANDS[name] ? [COMMANDS[name]] : Object.values(COMMANDS)
  return [...chosen.flatMap(({ usage }) => usage.map(line => `  postern ${line}`)), USAGE_END, ''].join('\n')
}

if (import.meta.main) {
  // Whoever reads our lines may stop reading, as `head` does: then there is nothing more to say.
  process.stdout.on('error', error => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0)
    throw error
  })
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    terminal: {
      input: process.stdin,
      out: text => void process.stdout.write(text),
      err: text => void process.stderr.write(text),
    },
  })
}
