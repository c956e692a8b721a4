import { filterMistake } from '../breaches/filter-file.ts'
import { isForbiddenHost } from '../lib/outbound.ts'
import type { ConfigFiles } from './config-files.ts'
import type { RawDeployment } from './config-schema.ts'
import { malformedKey } from './config-sentences.ts'
import type { Deployment } from './config-types.ts'

/** Without these keys no password is looked up anywhere, and nobody is asked (PRV-05). */
export function readBreach({ breach, outbound }: RawDeployment, files: ConfigFiles): Deployment['breach'] {
  const { filter_file, range_url, ca_file } = breach ?? {}
  if (ca_file !== undefined && range_url === undefined)
    files.mistakes.push('breach.ca_file has no meaning without breach.range_url.')
  const ca = ca_file === undefined ? undefined : files.certificates('breach.ca_file', ca_file)
  return {
    filterFile: filter_file === undefined ? null : readFilter(filter_file, files),
    range:
      range_url === undefined
        ? null
        : { url: readRange(range_url, outbound?.allow_private ?? [], files), ca },
  }
}

function readFilter(name: string, files: ConfigFiles): string {
  const path = files.path(name)
  const why = filterMistake(path)
  if (why !== null) files.mistakes.push(`breach.filter_file names ${path}, and ${why}.`)
  return path
}

function readRange(text: string, allowPrivate: readonly string[], files: ConfigFiles): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isBare = url && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (!isBare || url.protocol !== 'https:') files.mistakes.push(malformedKey(['breach', 'range_url']))
  else if (isForbiddenHost(url.hostname, allowPrivate)) {
    files.mistakes.push(
      `breach.range_url leads to the private address ${url.hostname}, which outbound.allow_private does not name.`,
    )
  }
  return text
}
