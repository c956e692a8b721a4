import about from '../../../package.json' with { type: 'json' }
import { type ExitCode, type Invocation, parse } from '../arguments.ts'

export async function run({ words, terminal }: Invocation): Promise<ExitCode> {
  parse(words, {}, { min: 0, max: 0 })
  terminal.out(`postern ${about.version}, Node ${process.versions.node}\n`)
  return 0
}
