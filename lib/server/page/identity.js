import { byId, setNotice } from './dom.js'

const storageKey = 'fastify-phoenix-token'

/**
 * Who this page is: the user of `?user=`, with a token that the server hands out, or, where it
 * hands out none, the user of a token that is pasted in.
 */
export async function identify() {
  const userId = new URLSearchParams(location.search).get('user') || 'alice'
  byId('user').value = userId
  const token = await login(userId)
  if (token === undefined) return pastedIdentity()
  const identity = {
    userId,
    token,
    /** Gets a fresh token; a server that is away leaves the one there is. */
    async refresh() {
      identity.token = (await login(userId).catch(() => undefined)) ?? identity.token
    }
  }
  return identity
}

/** A token of the server's dev login; undefined where that is off. */
async function login(userId) {
  const response = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId })
  })
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`The server refuses this user id (HTTP ${response.status}).`)
  return (await response.json()).token
}

async function pastedIdentity() {
  const token = sessionStorage.getItem(storageKey) ?? (await pasteToken())
  const identity = { userId: subjectOf(token), token, async refresh() {} }
  // The name is the token's here, so there is nothing to switch to but another token.
  byId('user').value = identity.userId
  byId('user').readOnly = true
  const form = byId('identity')
  form.querySelector('button').textContent = 'Forget token'
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    sessionStorage.removeItem(storageKey)
    location.reload()
  })
  return identity
}

function pasteToken() {
  const form = byId('token-form')
  byId('identity').hidden = true
  form.hidden = false
  return new Promise((resolve) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const token = byId('token').value.trim()
      if (!subjectOf(token)) return setNotice('That is no JSON Web Token with a sub.')
      sessionStorage.setItem(storageKey, token)
      setNotice()
      byId('identity').hidden = false
      form.hidden = true
      resolve(token)
    })
  })
}

/** The user id that a token names; whether the token is good is for the server to say. */
function subjectOf(token) {
  try {
    const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes)).sub
  } catch {
    return undefined
  }
}
