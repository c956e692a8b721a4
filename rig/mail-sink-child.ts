// A mail server in a process of its own, where the work of receiving must not count: says where it listens in one line.
import { startMailSink } from './mail-sink.ts'

const { port, ca } = await startMailSink()
process.stdout.write(`${JSON.stringify({ port, ca })}\n`)
