// Searches for the counter whose key begins as the challenge asks (altcha-lib's protocol, version 2). It runs beside
// the page, so that typing stays smooth. Message in: the challenge; out: the solution, or { error } where it cannot.

export type Challenge = {
  readonly parameters: {
    /** PBKDF2/SHA-256 or another digest behind the stroke. */
    readonly algorithm: string
    /** Hexadecimal. */
    readonly nonce: string
    readonly salt: string
    readonly keyPrefix: string
    /** Rounds. */
    readonly cost: number
    /** Bytes. */
    readonly keyLength: number
  }
  readonly signature: string
}
export type Solution = { readonly counter: number; readonly derivedKey: string }

addEventListener('message', ({ data }: MessageEvent<Challenge>) => {
  solve(data).then(postMessage, error => postMessage({ error: String(error) }))
})

async function solve({ parameters }: Challenge): Promise<Solution> {
  const { nonce, salt, keyPrefix, algorithm, cost: iterations, keyLength } = parameters
  const name = 'PBKDF2'
  const method = { name, hash: algorithm.slice(name.length + 1), salt: bytes(salt), iterations }
  const password = bytes(`${nonce}00000000`)
  const end = new DataView(password.buffer, password.length - 4)
  for (let counter = 0; ; counter++) {
    end.setUint32(0, counter)
    const key = await crypto.subtle.importKey('raw', password, name, false, ['deriveBits'])
    const derivedKey = hex(await crypto.subtle.deriveBits(method, key, keyLength * 8))
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey }
  }
}

const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.match(/../g) ?? [], octet => Number.parseInt(octet, 16))

const hex = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), octet => octet.toString(16).padStart(2, '0')).join('')
