// npm run check: types, format and lint. A few seconds.
import { checkStyle, checkTypes, finish } from './run-step.ts'

finish([...checkTypes(), checkStyle()])
