import { directoryConformance } from './conformance.ts'
import { OPENLDAP_KNOWS, openldapRig } from './conformance-openldap.ts'

directoryConformance('OpenLDAP', OPENLDAP_KNOWS, () => openldapRig())
