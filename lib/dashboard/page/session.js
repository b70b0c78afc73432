import { byId } from './dom.js'

const url = new URL('session', document.baseURI)

/** What the server says of this browser: `in`, `out`, or `away` where it does not answer. */
export async function askSession() {
  try {
    const { status } = await fetch(url, { headers: { accept: 'application/json' }, cache: 'no-store' })
    return status === 401 || status === 403 ? 'out' : 'in'
  } catch {
    return 'away'
  }
}

/** Shows the form that asks for the token, and resolves when the server has taken one. */
export function signIn() {
  const form = byId('sign-in')
  const problem = byId('sign-in-problem')
  const input = byId('token')
  form.hidden = false
  input.focus()
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault()
      problem.textContent = await handIn(input.value.trim())
      if (problem.textContent !== '') return input.select()
      input.value = ''
      form.hidden = true
      resolve()
    }
  })
}

/** What is wrong with the token; an empty text where nothing is. */
async function handIn(token) {
  try {
    const { ok, status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token })
    })
    if (ok) return ''
    if (status === 429) return 'Too many wrong tokens came from here. Try again in a minute.'
    return status === 401 || status === 403
      ? 'The server does not take this token.'
      : `The server answers with HTTP ${status}.`
  } catch {
    return 'The server does not answer.'
  }
}

/** Gives the cookie back, and begins anew. */
export async function signOut() {
  await fetch(url, { method: 'DELETE' }).catch(() => {})
  location.reload()
}
