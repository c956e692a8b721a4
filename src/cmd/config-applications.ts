import { type Application, SECRET_CHARACTERS_MIN } from '../return-address.ts'
import type { ConfigFiles } from './config-files.ts'
import { isLoopback } from './config-network.ts'
import type { RawDeployment } from './config-schema.ts'

/** Applications that send people to their security info, and the only addresses that these may be sent back to (WEB-10). */
export function readApplications({ applications = [] }: RawDeployment, files: ConfigFiles): Application[] {
  const say = (sentence: string) => files.mistakes.push(sentence)
  const names = applications.map(({ name }) => name)
  for (const name of new Set(names.filter((each, at) => names.indexOf(each) !== at)))
    say(`applications names ${name} twice.`)
  return applications.map(({ name, secret_file: secretFile, return_addresses: returnAddresses }) => {
    const before = files.mistakes.length
    const secret = files.secret('applications.secret_file', secretFile)
    if (files.mistakes.length === before && secret.length < SECRET_CHARACTERS_MIN)
      say(`The secret of the application ${name} is shorter than ${SECRET_CHARACTERS_MIN} characters.`)
    for (const address of returnAddresses) {
      if (!isReturnAddress(address))
        say(
          `applications: ${address} is no return address of ${name}: it must be written as browsers write it, beginning with https:; http: is for this machine only.`,
        )
    }
    return { name, secret, returnAddresses }
  })
}

/** As it stands in the list it goes into the page: nothing in it may mean anything else to a browser. */
function isReturnAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || url.href !== text || url.username || url.password || url.hash) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}
