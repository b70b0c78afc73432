/** The element with the id. */
export function byId(id) {
  return document.getElementById(id)
}

/** Makes an element with properties; what is given as text stays text. */
export function element(tag, { text, data, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  if (text !== undefined) made.textContent = text
  Object.assign(made.dataset, data)
  made.append(...children)
  return made
}

/** Shows the state of a badge; `detail` is its tooltip. */
export function setBadge(id, state, detail = '') {
  const badge = byId(`badge-${id}`)
  if (badge.dataset.state === state && badge.title === detail) return
  badge.dataset.state = state
  badge.title = detail
  badge.querySelector('b').textContent = state
}

/** Shows a line above everything else, or none: of the connection, or of the peer (`peer-notice`). */
export function setNotice(text, id = 'notice') {
  const notice = byId(id)
  notice.hidden = !text
  notice.textContent = text ?? ''
}

export function milliseconds(ms) {
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`
}
