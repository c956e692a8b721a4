// Lets this process import pages (.tsx), which Node does not read by itself. Import it before what imports them.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'rolldown/utils'

registerHooks({
  load(url, context, next) {
    if (!url.endsWith('.tsx')) return next(url, context)
    const path = fileURLToPath(url)
    const jsx = { runtime: 'automatic', importSource: 'preact' } as const
    const { code } = transformSync(path, readFileSync(path, 'utf8'), { lang: 'tsx', jsx })
    return { format: 'module', source: code, shortCircuit: true }
  },
})
