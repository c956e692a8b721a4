// A process that takes a job, writes down that it was sent, and waits to be killed. Run: folder, job as JSON.
import { openJournal } from '../src/agent/journal.ts'
import { systemClock } from '../src/lib/clock.ts'

const [, , folder = '', text = ''] = process.argv
const { ref, mark, ...call } = JSON.parse(text)
const journal = await openJournal(folder, systemClock)
await journal.take(call)
if (ref) await journal.sent(call.id, ref, mark)
process.stdout.write('ready\n')
setInterval(() => undefined, 60_000)
