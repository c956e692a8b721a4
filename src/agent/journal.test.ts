import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeClock, fakeClock } from '../../rig/clock.ts'
import { hours, minutes, seconds } from '../lib/clock.ts'
import { type Journal, openJournal } from './journal.ts'
import { JournalError, type OpenFile } from './journal-file.ts'

let folder: string
let clock: FakeClock
const opened: Journal[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-journal-'))
  clock = fakeClock()
})
afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close().catch(() => undefined)
  rmSync(folder, { recursive: true, force: true })
})

const start = async (openFile?: OpenFile): Promise<Journal> => {
  const journal = await openJournal(folder, clock, openFile)
  opened.push(journal)
  return journal
}
const restart = async (journal: Journal): Promise<Journal> => {
  await journal.close()
  return await start()
}
const path = (): string => join(folder, 'journal.jsonl')
const ref = { directory: 'people', id: 'id-1' }
const yes = { ok: true, value: { ok: true } } as const
const call = (id: string, op = 'setPassword') => ({
  ...{ id, op, digest: `digest of ${id}`, expiresAt: clock.now() + seconds(30) },
})

test('what a job came to is known after a restart, and what was only sent is unsettled', async () => {
  let journal = await start()
  await journal.take(call('done'))
  await journal.sent('done', ref, 'mark')
  await journal.done('done', yes)
  await journal.take(call('sent'))
  await journal.sent('sent', ref, 'mark')
  await journal.take(call('taken'))
  await journal.take(call('lost'))
  await journal.sent('lost', ref, 'mark')
  await journal.done('lost', { ok: false, failed: { sent: true } })
  for (const again of [false, true]) {
    if (again) journal = await restart(journal)
    expect(journal.known('done')).toMatchObject({ answer: yes, digest: 'digest of done' })
    expect(journal.known('sent')).toMatchObject({ sent: { ref, mark: 'mark' }, answer: null })
    expect(journal.known('taken')).toMatchObject({ sent: null, answer: null })
    expect(journal.known('other')).toBeNull()
    expect(journal.unsettled().map(({ id }) => id)).toEqual(['sent', 'lost'])
    expect(journal.recentWrites()).toHaveLength(3)
  }
  expect(statSync(path()).mode & 0o777).toBe(0o600)
})

test('a write is remembered for a day beyond its expiry, a try of a password too, a read for a moment', async () => {
  let journal = await start()
  await journal.take(call('write'))
  await journal.sent('write', ref, 'm')
  await journal.done('write', yes)
  await journal.take(call('try', 'authenticate'))
  await journal.take(call('read', 'find'))
  const { expiresAt } = call('')
  clock.advance(minutes(2))
  await journal.take(call('next', 'find'))
  for (const again of [false, true]) {
    if (again) journal = await restart(journal)
    expect(journal.known('write')).toBe('spent')
    expect(journal.known('try')).toBe('spent')
    expect(journal.known('read')).toBeNull()
    expect(journal.floor()).toBe(0)
  }
  clock.advance(hours(24))
  await journal.take(call('a day later', 'find'))
  expect(journal.known('write')).toBeNull()
  expect(journal.floor()).toBe(expiresAt)
  expect((await restart(journal)).floor()).toBe(expiresAt)
})

test('what nobody knows yet is kept for two days', async () => {
  const journal = await start()
  await journal.take(call('sent'))
  await journal.sent('sent', ref, 'm')
  clock.advance(hours(47))
  await journal.take(call('one', 'find'))
  expect(journal.unsettled()).toHaveLength(1)
  clock.advance(hours(1))
  await journal.take(call('two', 'find'))
  expect(journal.unsettled()).toEqual([])
  expect(journal.floor()).toBeGreaterThan(0)
})

test('the file is written anew when it has grown, and nothing is lost by it', async () => {
  let journal = await start()
  await journal.take(call('kept'))
  await journal.sent('kept', ref, 'm')
  const long = 'x'.repeat(1_000)
  let largest = 0
  for (let at = 0; at < 3_000; at++) {
    if (at % 100 === 0) clock.advance(minutes(2))
    await journal.take({ ...call(`${at}`, 'find'), digest: long })
    largest = Math.max(largest, statSync(path()).size)
  }
  expect(largest).toBeLessThan(1_500_000)
  expect(statSync(path()).size).toBeLessThan(1_100_000)
  expect(statSync(path()).mode & 0o777).toBe(0o600)
  journal = await restart(journal)
  expect(journal.unsettled().map(({ id }) => id)).toEqual(['kept'])
  expect(journal.known('2999')).not.toBeNull()
})

describe('after a crash', () => {
  test('a torn last line was never relied on; whatever its length', async () => {
    let journal = await start()
    await journal.take(call('one'))
    const whole = readFileSync(path()).length
    await journal.take(call('two'))
    await journal.close()
    const all = readFileSync(path())
    for (let size = whole; size < all.length; size += 13) {
      writeFileSync(path(), all)
      truncateSync(path(), size)
      journal = await start()
      expect(journal.known('one')).not.toBeNull()
      expect(journal.known('two')).toBeNull()
      await journal.take(call('three'))
      journal = await restart(journal)
      expect(journal.known('three')).not.toBeNull()
      await journal.close()
    }
  })

  test('a tail of zeros, as a disk leaves it, is cut off', async () => {
    const journal = await start()
    await journal.take(call('one'))
    await journal.close()
    appendFileSync(path(), Buffer.alloc(4_096))
    expect((await start()).known('one')).not.toBeNull()
    expect(readFileSync(path()).includes(0)).toBe(false)
  })

  test('a journal that is damaged in the middle is not gone on with', async () => {
    const journal = await start()
    for (const id of ['one', 'two', 'three']) await journal.take(call(id))
    await journal.close()
    const text = readFileSync(path(), 'utf8')
    for (const damaged of [
      text.replace('"two"', '"tw'),
      text.replace('"digest"', '"other"'),
      `{}\n${text}`,
    ]) {
      writeFileSync(path(), damaged)
      await expect(openJournal(folder, clock)).rejects.toMatchObject({ reason: 'damaged' })
    }
  })

  test('a process that was killed leaves neither a lock nor a doubt', async () => {
    const job = { ...call('killed'), ref, mark: 'before' }
    const child = spawn(process.execPath, ['rig/agent-journal-child.ts', folder, JSON.stringify(job)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await expect(openJournal(folder, clock)).rejects.toMatchObject({ reason: 'locked' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const journal = await start()
    expect(journal.unsettled()).toMatchObject([{ id: 'killed', sent: { ref, mark: 'before' }, answer: null }])
  })
})

test('two agents never share a folder, in one process or another; the lock goes with the agent', async () => {
  const journal = await start()
  await expect(openJournal(folder, clock)).rejects.toMatchObject({ reason: 'locked' })
  await restart(journal)
  for (const held of [
    '',
    '{',
    '{"pid":0}',
    JSON.stringify({ pid: 1, started: 'another boot', token: 'x' }),
  ]) {
    await opened.at(-1)?.close()
    writeFileSync(join(folder, 'lock'), held)
    await expect(start(), held).resolves.toBeDefined()
  }
})

test('what somebody else wrote into the journal stops the agent', async () => {
  const journal = await start()
  await journal.take(call('one'))
  appendFileSync(path(), '{}\n')
  await expect(journal.take(call('two'))).rejects.toMatchObject({ reason: 'locked' })
  expect(journal.known('two')).toBeNull()
})

describe('a disk that is full', () => {
  const disk = { room: Number.POSITIVE_INFINITY, syncs: true }
  beforeEach(() => {
    Object.assign(disk, { room: Number.POSITIVE_INFINITY, syncs: true })
  })
  const fail = (code: string): never => {
    throw Object.assign(new Error(code), { code })
  }
  /** Writes what there is room for, then fails; syncs, or not. */
  const onSmallDisk: OpenFile = async (name, flags, mode) => {
    const handle = await open(name, flags, mode)
    const own = {
      write: async (bytes: Buffer, at: number) => {
        const fits = bytes.subarray(at, at + disk.room)
        disk.room -= fits.length
        return fits.length === 0 ? fail('ENOSPC') : await handle.write(fits)
      },
      datasync: async () => (disk.syncs ? await handle.datasync() : fail('EIO')),
      sync: async () => (disk.syncs ? await handle.sync() : fail('EIO')),
    }
    return new Proxy(handle, {
      get(target, key) {
        // as: a FileHandle has private fields, so its own methods are called on itself.
        const member: unknown = Reflect.get(own, key) ?? Reflect.get(target, key)
        return typeof member === 'function' ? member.bind(target) : member
      },
    }) as FileHandle
  }

  test('takes nothing, forgets nothing, and goes on when there is room again', async () => {
    let journal = await start(onSmallDisk)
    await journal.take(call('one'))
    for (const room of [0, 1, 50]) {
      disk.room = room
      await expect(journal.take(call('two'))).rejects.toBeInstanceOf(JournalError)
      await expect(journal.sent('one', ref, 'm')).rejects.toMatchObject({ reason: 'full' })
      expect(await journal.isWritable()).toBe(false)
    }
    expect(journal.unsettled()).toEqual([])
    disk.room = Number.POSITIVE_INFINITY
    expect(await journal.isWritable()).toBe(true)
    await journal.take(call('three'))
    journal = await restart(journal)
    expect([journal.known('one'), journal.known('two')]).toEqual([expect.anything(), null])
    expect(journal.known('three')).not.toBeNull()
  })

  test('whose sync fails is not believed until the whole file was written anew', async () => {
    let journal = await start(onSmallDisk)
    await journal.take(call('one'))
    disk.syncs = false
    await expect(journal.sent('one', ref, 'm')).rejects.toMatchObject({ reason: 'full' })
    await expect(journal.take(call('two'))).rejects.toMatchObject({ reason: 'full' })
    expect(await journal.isWritable()).toBe(false)
    disk.syncs = true
    await journal.take(call('three'))
    await journal.sent('three', ref, 'm')
    journal = await restart(journal)
    expect(journal.unsettled().map(({ id }) => id)).toEqual(['three'])
    expect(journal.known('one')).not.toBeNull()
  })
})

test('many jobs at once are all on the disk, whole', async () => {
  let journal = await start()
  const ids = Array.from({ length: 200 }, (_, at) => `job-${at}`)
  await Promise.all(
    ids.map(async id => {
      await journal.take(call(id))
      await journal.sent(id, ref, 'm')
      if (id.endsWith('0')) await journal.done(id, yes)
    }),
  )
  journal = await restart(journal)
  expect(ids.every(id => journal.known(id) !== null)).toBe(true)
  expect(journal.unsettled()).toHaveLength(180)
})
