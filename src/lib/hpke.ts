import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'

/** One AEAD of RFC 9180 section 7.3. */
type Aead = {
  readonly id: number
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305'
  readonly keyBytes: number
}

/** The one that the product uses; the others are for the vectors of the RFC, which has none for this one with X25519. */
export const AES_256_GCM: Aead = { id: 0x0002, cipher: 'aes-256-gcm', keyBytes: 32 }

const KEM_ID = 0x0020 // DHKEM(X25519, HKDF-SHA256)
const KDF_ID = 0x0001 // HKDF-SHA256
const HASH_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ENC_BYTES = 32

/** `enc`: the ephemeral public key (32 bytes). `body`: the ciphertext with its tag. */
export type Sealed = { readonly enc: Uint8Array; readonly body: Uint8Array }

/** What both sides bind to the text, and must give alike: `info` names the protocol, `associated` the very message. */
export type Bound = { readonly info: Uint8Array; readonly associated: Uint8Array }

/** Does not open: altered, of other bound data, or sealed to another key. Says no more. */
export class HpkeError extends Error {
  constructor(cause?: unknown) {
    super('the seal does not open', { cause })
    this.name = 'HpkeError'
  }
}

/** RFC 9180 section 6.1, base mode, single shot: `plain` for the holder of the X25519 key `to` alone. */
export const hpkeSeal = (to: KeyObject, bound: Bound, plain: Uint8Array): Sealed =>
  hpkeSealWith(AES_256_GCM, generateKeyPairSync('x25519').privateKey, to, bound, plain)

/** With a given ephemeral key: for vectors. Used twice with one key, it would show what it seals. */
export function hpkeSealWith(
  aead: Aead,
  ephemeral: KeyObject,
  to: KeyObject,
  { info, associated }: Bound,
  plain: Uint8Array,
): Sealed {
  const enc = rawPublic(createPublicKey(ephemeral))
  const { key, nonce } = schedule(aead, sharedSecret(ephemeral, to, enc, rawPublic(to)), info)
  const cipher = createCipheriv(aead.cipher as 'chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES }) // as: the types know each cipher alone; all three take the same
  cipher.setAAD(associated, { plaintextLength: plain.length })
  const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  key.fill(0)
  return { enc, body }
}

/** Throws HpkeError, and nothing else, for whatever came in. */
export function hpkeOpen(own: KeyObject, bound: Bound, sealed: Sealed, aead: Aead = AES_256_GCM): Buffer {
  try {
    return open(own, bound, sealed, aead)
  } catch (error) {
    throw new HpkeError(error)
  }
}

function open(own: KeyObject, { info, associated }: Bound, { enc, body }: Sealed, aead: Aead): Buffer {
  if (enc.length !== ENC_BYTES || body.length < TAG_BYTES) throw new Error('too short')
  const shared = sharedSecret(own, publicFromRaw(enc), enc, rawPublic(createPublicKey(own)))
  const { key, nonce } = schedule(aead, shared, info)
  const text = body.subarray(0, -TAG_BYTES)
  const decipher = createDecipheriv(aead.cipher as 'chacha20-poly1305', key, nonce, {
    authTagLength: TAG_BYTES,
  }) // as: see above
  decipher.setAAD(associated, { plaintextLength: text.length })
  decipher.setAuthTag(body.subarray(-TAG_BYTES))
  const plain = Buffer.concat([decipher.update(text), decipher.final()])
  key.fill(0)
  return plain
}

/** Section 4.1. The runtime refuses a result of zeros (section 7.1.4), so no key of small order gets here. */
function sharedSecret(own: KeyObject, theirs: KeyObject, enc: Uint8Array, receiver: Uint8Array): Buffer {
  const dh = diffieHellman({ privateKey: own, publicKey: theirs })
  const suite = Buffer.concat([Buffer.from('KEM'), twoBytes(KEM_ID)])
  const prk = labeledExtract(suite, '', 'eae_prk', dh)
  return labeledExpand(suite, prk, 'shared_secret', Buffer.concat([enc, receiver]), HASH_BYTES)
}

/** Section 5.1, mode_base (0), no pre-shared key; the nonce of the first and only message is the base nonce. */
function schedule(aead: Aead, shared: Buffer, info: Uint8Array): { key: Buffer; nonce: Buffer } {
  const suite = Buffer.concat([Buffer.from('HPKE'), twoBytes(KEM_ID), twoBytes(KDF_ID), twoBytes(aead.id)])
  const pskIdHash = labeledExtract(suite, '', 'psk_id_hash', '')
  const infoHash = labeledExtract(suite, '', 'info_hash', info)
  const context = Buffer.concat([Buffer.from([0]), pskIdHash, infoHash])
  const secret = labeledExtract(suite, shared, 'secret', '')
  return {
    key: labeledExpand(suite, secret, 'key', context, aead.keyBytes),
    nonce: labeledExpand(suite, secret, 'base_nonce', context, NONCE_BYTES),
  }
}

type Bytes = Uint8Array | string

/** The runtime takes more than twice as long over a key that is bytes or text. */
const hmac = (key: Bytes) => createHmac('sha256', createSecretKey(Buffer.from(key)))

/** Section 4: LabeledExtract. */
const labeledExtract = (suite: Uint8Array, salt: Bytes, label: string, input: Bytes): Buffer =>
  hmac(salt).update('HPKE-v1').update(suite).update(label).update(input).digest()

/** Section 4: LabeledExpand, for one block of HKDF (RFC 5869 section 2.3), which is all that this suite needs. */
const labeledExpand = (
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Bytes,
  length: number,
): Buffer =>
  hmac(prk)
    .update(twoBytes(length))
    .update('HPKE-v1')
    .update(suite)
    .update(label)
    .update(info)
    .update(Buffer.from([1]))
    .digest()
    .subarray(0, length)

const twoBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** As JWK (RFC 8037): the runtime exports that twenty times as fast as DER. */
const publicFromRaw = (raw: Uint8Array): KeyObject =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  })

const rawPublic = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
