import { behindAgent } from '../../rig/agent-pair.ts'
import { directoryConformance } from './conformance.ts'
import { SAMBA_KNOWS, sambaRig } from './conformance-samba.ts'

directoryConformance('Active Directory behind an agent', SAMBA_KNOWS, () =>
  sambaRig(inner => behindAgent(inner)),
)
