import { behindAgent } from '../../rig/agent-pair.ts'
import { directoryConformance } from './conformance.ts'
import { OPENLDAP_KNOWS, openldapRig } from './conformance-openldap.ts'

directoryConformance('OpenLDAP behind an agent', OPENLDAP_KNOWS, () =>
  openldapRig(inner => behindAgent(inner)),
)
