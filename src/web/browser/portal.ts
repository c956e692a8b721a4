// The script of every page: it shows times in the reader's zone, asks for more time without losing what was typed,
// moves a waiting page on, and leaves a shared computer clean. Without it every page works by its buttons.
import { watchFinish } from './finish.ts'
import { watchLimit } from './limit.ts'
import { showLocalTimes } from './local-time.ts'
import { pollState } from './poll.ts'
import { offerPrint } from './print.ts'

showLocalTimes(document)
watchLimit()
watchFinish()
offerPrint()
pollState()
// `autofocus` is passed over when an address carries a fragment; a problem must be heard all the same.
document.getElementById('problem')?.focus()
