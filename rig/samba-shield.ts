// What SDProp does on Windows within the hour and Samba never: a privileged account loses the rights it inherits
// from its unit (MS-ADTS 3.1.1.6.1). The service account's reset is then refused by the server itself.
import { Attribute, type BerWriter, Change, Control } from 'ldapts'
import { type Where, withClient } from './ldap-hand.ts'
import { AD_ADMIN, AD_BASE } from './samba-template.ts'

/** LDAP_SERVER_SD_FLAGS_OID (MS-ADTS 3.1.1.3.4.1.11); 4 asks for the DACL alone. */
class DaclOnly extends Control {
  constructor() {
    super('1.2.840.113556.1.4.801', { critical: true })
  }
  protected override writeControl(writer: BerWriter): void {
    writer.writeBuffer(Buffer.from([0x30, 0x03, 0x02, 0x01, 0x04]), 0x04)
  }
}

/** SE_DACL_PROTECTED (MS-DTYP 2.4.6): nothing is inherited any more. */
const DACL_PROTECTED = 0x1000

/** Gives the account the descriptor of AdminSDHolder and adminCount=1. */
export const shield = (where: Where, dn: string): Promise<void> =>
  withClient(where, AD_ADMIN.dn, AD_ADMIN.password, async client => {
    const name = 'nTSecurityDescriptor'
    const holder = `CN=AdminSDHolder,CN=System,${AD_BASE}`
    const asked = { attributes: [name], explicitBufferAttributes: [name] }
    const found = await client.search(holder, { scope: 'base', ...asked }, new DaclOnly())
    const descriptor = found.searchEntries[0]?.[name]
    if (!Buffer.isBuffer(descriptor)) throw new Error('AdminSDHolder has no descriptor')
    descriptor.writeUInt16LE(descriptor.readUInt16LE(2) | DACL_PROTECTED, 2)
    const changes = [
      new Attribute({ type: name, values: [descriptor] }),
      new Attribute({ type: 'adminCount', values: ['1'] }),
    ].map(modification => new Change({ operation: 'replace', modification }))
    await client.modify(dn, changes, new DaclOnly())
  })
