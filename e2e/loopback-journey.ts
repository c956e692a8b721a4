// For loopback.test.ts, in a network namespace that holds nothing but `lo`: one reset by the API, `serve` beside a real
// OpenLDAP and a real mail server. Whoever asks for an address elsewhere, a name server among them, has no route, and
// the kernel counts it.
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { TOTP } from 'otpauth'
import { type Mail, startMailSink } from '../rig/mail-sink.ts'
import { openldapEntry, prepareServe } from '../rig/serve.ts'
import { personDn, startSlapd } from '../rig/slapd.ts'

export type LoneReset = {
  readonly state: string
  readonly notices: number
  readonly newBinds: boolean
  readonly oldBinds: boolean
  /** Packets that found no route, during the whole reset and the start of the server. */
  readonly asked: number
  /** The same for one connection on purpose: the count works. */
  readonly askedByControl: number
}

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const OLD = 'the old password of olga'
/** The directory's own, and the one that was imported. */
const ADDRESSES = ['olga@example.test', 'olga@private.example'] as const
const NEW = 'seven quiet herons wade'

const [slapd, mail] = await Promise.all([
  startSlapd({ users: [{ uid: 'olga', password: OLD }] }),
  startMailSink(),
])
const serve = await prepareServe({ directories: [openldapEntry(slapd)], mail })
await serve.enrol(
  { login: 'olga', method: 'app_code', secret: SECRET },
  { login: 'olga', method: 'email', address: ADDRESSES[1] },
)
await serve.start()

type Told = {
  readonly id: string
  readonly token: string
  readonly state: string
  readonly methods: readonly { readonly id: string; readonly name: string }[]
}

let token = ''
async function call(path: string, body?: unknown): Promise<Told> {
  const answer = await fetch(`${serve.origin}/api/v1/${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Told // as: our own API
}

async function reset(): Promise<string> {
  const {
    kind: _kind,
    expires_at: _at,
    expires_in: _in,
    ...challenge
  } = (await call('bot-check')) as unknown as Challenge & Record<string, unknown> // as: our own API
  const solution = await solveChallenge({ challenge: challenge as Challenge, deriveKey })
  const begun = await call('resets', {
    login: 'olga',
    bot_check: btoa(JSON.stringify({ challenge, solution })),
  })
  token = begun.token
  const at = `resets/${begun.id}`
  const choose = async (from: Told, name: string): Promise<Told> =>
    call(`${at}/challenges`, { method: from.methods.find(each => each.name === name)?.id })
  await choose(begun, 'app_code')
  const first = await call(`${at}/answers`, { code: new TOTP({ secret: SECRET }).generate() })
  await choose(first, 'email')
  const { text } = await mail.waitFor(each => /^ *\d{6,8}$/m.test(each.text))
  await call(`${at}/answers`, { code: /^ *(\d{6,8})$/m.exec(text)?.[1] })
  return (await call(`${at}/password`, { password: NEW })).state
}

/** Datagrams and connections without a route so far (proc_net_snmp: OutNoRoutes, and its sister of IPv6). */
function withoutRoute(): number {
  const [names = '', values = ''] = readFileSync('/proc/self/net/snmp', 'utf8').match(/^Ip: .*$/gm) ?? []
  const four = values.split(' ')[names.split(' ').indexOf('OutNoRoutes')]
  const six = /^Ip6OutNoRoutes\s+(\d+)/m.exec(readFileSync('/proc/self/net/snmp6', 'utf8'))?.[1]
  return Number(four) + Number(six)
}

const state = await reset()
const isNotice =
  (to: string) =>
  (each: Mail): boolean =>
    each.to.includes(to) && each.subject === 'Your password was reset'
const notices = await Promise.all(ADDRESSES.map(to => mail.waitFor(isNotice(to))))
const asked = withoutRoute()
await new Promise(resolve => connect(443, '192.0.2.1').once('error', resolve))
const lone: LoneReset = {
  state,
  notices: notices.length,
  newBinds: (await slapd.hand.tryBind(personDn('olga'), NEW)).ok,
  oldBinds: (await slapd.hand.tryBind(personDn('olga'), OLD)).ok,
  asked,
  askedByControl: withoutRoute() - asked,
}
await Promise.all([serve.stop(), slapd.stop(), mail.stop()])
console.log(JSON.stringify(lone))
