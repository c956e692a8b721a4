import { expect, it } from 'vitest'
import type { AuditEvent } from '../audit.ts'
import { exportAudit, toLine } from './audit-export.ts'
import { now, sampleReset } from './conformance-suite.ts'
import type { AuditRecord, Store } from './store.ts'

const started: AuditEvent = {
  name: 'reset.started',
  actor: 'person',
  result: 'ok',
  subject: 'subject of alice',
  reset: 'reset',
  reference: 'K7-4QF',
  person: { login: 'alice', source: '192.0.2.7', browser: null },
}

export function auditConformance(store: () => Store): void {
  const all = async (after = 0): Promise<AuditRecord[]> => {
    const records: AuditRecord[] = []
    for await (const record of exportAudit(store(), after)) records.push(record)
    return records
  }

  it('gives records back whole, in order, with their time and a growing number', async () => {
    const detail = { count: 3, kind: 'x', known: true }
    await store().transact(async tx => {
      await tx.audit({ ...started, method: 'email', reason: 'wrong', object: 'o', detail })
      await tx.audit({ name: 'server.started', actor: 'server', result: 'ok' })
    })
    const [first, second] = await all()
    expect(first).toMatchObject({ ...started, method: 'email', reason: 'wrong', object: 'o', detail })
    expect(first).toMatchObject({ time: new Date(now).toISOString(), erased: false })
    expect(second).toMatchObject({ name: 'server.started', subject: null, person: null, detail: null })
    expect((second?.id ?? 0) > (first?.id ?? 0)).toBe(true)
    expect(await all(first?.id)).toEqual([second])
  })

  it('walks through more records than one page', async () => {
    await store().transact(async tx => {
      for (let left = 1203; left > 0; left -= 1) await tx.audit({ ...started, person: {} })
    })
    const ids = (await all()).map(({ id }) => id)
    expect(ids.length).toBe(1203)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  })

  it('keeps no record of what did not happen, and lets nothing happen without its record (AUD-03)', async () => {
    const reset = sampleReset()
    const impossible = { ...started, name: null } as unknown as AuditEvent // as: the column refuses null
    const write = store().transact(async tx => {
      await tx.resets.insert(reset, 'digest')
      await tx.audit(started)
      await tx.audit(impossible)
    })
    await expect(write).rejects.toThrow()
    expect(await store().read(tx => tx.resets.lock(reset.id))).toBeNull()
    expect(await all()).toEqual([])
    await store().transact(tx => tx.audit(started))
    expect(await all()).toMatchObject([{ person: started.person }])
  })

  it('exports lines that no input can break (AUD-06)', async () => {
    const nasty = 'a\r\nb\u001b[31m\u2028c\u202ed\u0085e\u200f","f'
    await store().transact(tx =>
      tx.audit({
        ...{ ...started, object: nasty, reason: nasty, detail: { nasty } },
        person: { login: nasty, browser: nasty },
      }),
    )
    const [record] = await all()
    if (!record) throw new Error('no record')
    const line = toLine(record)
    expect(line).toMatch(/^[\x20-\x7e]*$/)
    expect(JSON.parse(line)).toEqual(record)
    expect(record.person?.login).toBe(nasty)
    expect(record.object).toBe(String.raw`a\u000d\u000ab\u001b[31m\u2028c\u202ed\u0085e\u200f","f`)
  })
}
