import { directoryConformance } from './conformance.ts'
import { SAMBA_KNOWS, sambaRig } from './conformance-samba.ts'

directoryConformance('Active Directory', SAMBA_KNOWS, () => sambaRig())
