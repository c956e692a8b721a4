// For rig.test.ts: starts one of each server, prints their process ids and waits to be killed.
import { startPostgres } from './postgres.ts'
import { startSamba } from './samba.ts'
import { startSlapd } from './slapd.ts'

const servers = await Promise.all([startSlapd(), startSamba(), startPostgres()])
console.log(JSON.stringify(servers.map(server => server.pid)))
setInterval(() => undefined, 60_000)
