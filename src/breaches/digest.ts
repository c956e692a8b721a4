import { createHash } from 'node:crypto'

/** Public lists name passwords by this; it protects nothing here. */
export const sha1 = (password: string): Buffer => createHash('sha1').update(password, 'utf8').digest()
