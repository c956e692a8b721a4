import type { KeyObject } from 'node:crypto'

/** Halves of two pairs, Ed25519 and X25519, each base64url of its raw 32 bytes. */
export type Halves = { readonly sign: string; readonly seal: string }

/** Loaded once, since each load costs more than a signature. `public` are the halves that others get. */
export type OwnKeys = { readonly sign: KeyObject; readonly seal: KeyObject; readonly public: Halves }
export type TheirKeys = { readonly sign: KeyObject; readonly seal: KeyObject }

/** Fresh secret halves, to be kept sealed or in a file for its owner alone. */
export function newSecretHalves(): Halves {
  throw new Error('not yet')
}

/** Throws where a half is not 32 bytes in base64url. */
export function ownKeys(_secret: Halves): OwnKeys {
  throw new Error('not yet')
}

/** Throws where a half is not 32 bytes in base64url. */
export function theirKeys(_public: Halves): TheirKeys {
  throw new Error('not yet')
}

/** 128 bits of a digest of both public halves: names the pair, and no other pair can have it. */
export function keyIdOf(_public: Halves): string {
  throw new Error('not yet')
}

/** 140 bits in seven groups of four letters and digits that can be read aloud. */
export function fingerprintOf(_public: Halves): string {
  throw new Error('not yet')
}

/** As typed by a person: case, blanks and hyphens do not matter. */
export function isFingerprintOf(_typed: string, _public: Halves): boolean {
  throw new Error('not yet')
}
