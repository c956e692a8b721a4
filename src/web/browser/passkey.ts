// Asks the browser for a passkey, by the press of a button and never by itself. What the page gives:
//
//   <form data-passkey="…"            PublicKeyCredentialRequestOptionsJSON, or
//         data-new-passkey="…"        PublicKeyCredentialCreationOptionsJSON
//         data-text-waiting data-text-nothing data-text-unsupported data-text-there>
//     <p class="scriptless">                   said where no script runs
//     <input type="hidden" name="passkey">     the answer, as JSON
//     <button type="submit" disabled>          of use from here on
//     <p role="status">                        what becomes of it
//
// Bytes are turned here and not by the JSON functions of the platform, which not every browser has.

type Said = 'waiting' | 'nothing' | 'unsupported' | 'there'

function attend(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>('input[name=passkey]')
  const status = form.querySelector<HTMLElement>('[role=status]')
  const say = (what: Said): void => {
    if (status) status.textContent = form.getAttribute(`data-text-${what}`)
  }
  form.querySelector('.scriptless')?.remove()
  form.querySelector('button')?.removeAttribute('disabled')
  let asking = false
  form.addEventListener('submit', async event => {
    event.preventDefault()
    if (asking || !field) return
    asking = true
    say('waiting')
    try {
      field.value = JSON.stringify(await answerOf(form))
      form.submit()
    } catch (error) {
      asking = false
      say(saidBy(error))
    }
  })
}

/** Browsers do not tell "cancelled" from "there is none" (WebAuthn 14.5.2): neither do we. */
function saidBy(error: unknown): Said {
  const name = error instanceof Error ? error.name : ''
  if (name === 'InvalidStateError') return 'there'
  return name === 'NotAllowedError' || name === 'AbortError' ? 'nothing' : 'unsupported'
}

async function answerOf({ dataset }: HTMLFormElement): Promise<object> {
  if (!('PublicKeyCredential' in window)) throw new TypeError('no passkeys')
  return dataset['passkey'] === undefined
    ? attestationFor(JSON.parse(dataset['newPasskey'] ?? ''))
    : assertionFor(JSON.parse(dataset['passkey']))
}

type Request = PublicKeyCredentialRequestOptionsJSON
async function assertionFor({ challenge, timeout, rpId }: Request): Promise<object> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: bytes(challenge),
    userVerification: 'required',
    ...(timeout === undefined ? {} : { timeout }),
    ...(rpId === undefined ? {} : { rpId }),
  }
  const credential = await navigator.credentials.get({ publicKey })
  if (!(credential instanceof PublicKeyCredential)) throw new TypeError('no passkey')
  // as: what get() answers
  const { clientDataJSON, authenticatorData, signature, userHandle } =
    credential.response as AuthenticatorAssertionResponse
  return named(credential, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle ? { userHandle: text(userHandle) } : {}),
  })
}

/** The same members as the browser wants them, with text for bytes. */
type Creation = Omit<PublicKeyCredentialCreationOptions, 'challenge' | 'user' | 'excludeCredentials'> & {
  readonly challenge: string
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly excludeCredentials: readonly { readonly id: string }[]
}

async function attestationFor(options: Creation): Promise<object> {
  const { challenge, user, excludeCredentials } = options
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...options,
    challenge: bytes(challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: excludeCredentials.map(({ id }) => ({ type: 'public-key', id: bytes(id) })),
  }
  const credential = await navigator.credentials.create({ publicKey })
  if (!(credential instanceof PublicKeyCredential)) throw new TypeError('no passkey')
  // as: what create() answers
  const { clientDataJSON, attestationObject } = credential.response as AuthenticatorAttestationResponse
  return named(credential, {
    clientDataJSON: text(clientDataJSON),
    attestationObject: text(attestationObject),
  })
}

const named = ({ id, type }: PublicKeyCredential, response: object): object => ({
  id,
  rawId: id,
  type,
  response,
})

/** base64url, as WebAuthn writes bytes in JSON. */
const bytes = (encoded: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')), letter => letter.charCodeAt(0))

const text = (buffer: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey], form[data-new-passkey]'))
  attend(form)
