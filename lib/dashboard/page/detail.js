import { element } from './dom.js'
import { setData, setText } from './keyed.js'

const againMs = 2000

/**
 * The panel beside a list that shows one of its things, looked at again and again while it is open.
 *
 * @param kind What it is, for its title: `Socket`.
 * @param ask Asks the server for it: a promise of what is shown.
 * @param body Its content: `{ node, update(shown), close() }`.
 * @param gone What to say when there is none of that name any more.
 * @param onClose Called when somebody closes it.
 */
export function createDetail({ kind, ask, body, gone, onClose }) {
  let item
  let timer
  let returnTo
  const title = element('h2', { tabIndex: -1 })
  const close = element('button', {
    type: 'button',
    className: 'close',
    text: 'Close',
    ariaLabel: `Close ${kind}`
  })
  const trouble = element('p', { className: 'partial', hidden: true })
  trouble.setAttribute('role', 'status')
  const node = element(
    'aside',
    { className: 'panel detail', hidden: true },
    element('div', { className: 'head' }, title, close),
    trouble,
    body.node
  )
  node.setAttribute('aria-label', kind)
  close.addEventListener('click', onClose)
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    onClose()
  })

  async function look() {
    clearTimeout(timer)
    const asked = item
    let problem
    try {
      const shown = await ask(asked)
      if (asked !== item) return
      body.update(shown)
      body.node.hidden = false
    } catch (error) {
      if (asked !== item) return
      problem = error.reason === 'not_found' ? gone : error.reason && error.message
    }
    setData(node, 'gone', problem !== undefined)
    trouble.hidden = problem === undefined
    setText(trouble, problem ?? '')
    timer = setTimeout(look, againMs)
  }

  return {
    node,

    /** Shows that thing, or none. */
    show(wanted) {
      if (wanted === item) return
      clearTimeout(timer)
      body.close?.()
      if (item === undefined) returnTo = document.activeElement
      item = wanted
      const hadFocus = node.contains(document.activeElement)
      node.hidden = item === undefined
      if (item === undefined) {
        if (hadFocus && returnTo?.isConnected) returnTo.focus()
        return
      }
      body.node.hidden = true
      setText(title, item)
      title.focus({ preventScroll: true })
      node.scrollTop = 0
      look()
    },

    setTitle: (text) => setText(title, text)
  }
}

/** Facts with their names: `update([[name, text, state]])`. */
export function createFacts() {
  const node = element('dl', { className: 'facts' })
  const made = new Map()
  return {
    node,
    update(facts) {
      for (const [name, text, state] of facts) {
        if (!made.has(name)) {
          const value = element('dd')
          made.set(name, value)
          node.append(element('div', {}, element('dt', { text: name }), value))
        }
        setText(made.get(name), text)
        setData(made.get(name), 'state', state)
      }
    }
  }
}

/** A button that does nothing before it was pressed twice; `act` gives a promise. */
export function createAction(text, act) {
  const button = element('button', { type: 'button', className: 'action', text })
  let timer
  const rest = () => {
    clearTimeout(timer)
    delete button.dataset.sure
    button.disabled = false
    setText(button, text)
  }
  button.addEventListener('blur', () => !button.disabled && rest())
  button.addEventListener('click', async () => {
    if (button.dataset.sure === undefined) {
      button.dataset.sure = ''
      setText(button, `${text}: really?`)
      timer = setTimeout(rest, 5000)
      return
    }
    clearTimeout(timer)
    button.disabled = true
    setText(button, '...')
    try {
      await act()
      rest()
    } catch (error) {
      rest()
      setText(button, `Refused: ${error.message}`)
      timer = setTimeout(rest, 5000)
    }
  })
  return button
}
