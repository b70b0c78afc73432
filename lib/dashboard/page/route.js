const listeners = []
let current = parse(location.hash)

/**
 * Which view is shown, of which of its things, and how: `#sockets/web-1%2F12?query=ann&sort=queuedBytes` is
 * `{ view: 'sockets', item: 'web-1/12', params: { query: 'ann', sort: 'queuedBytes' } }`.
 */
export function route() {
  return current
}

/** Calls back with each route from now on. */
export function onRoute(listener) {
  listeners.push(listener)
}

/** The hash of a route; params that say nothing are left out. */
export function href({ view, item, params = {} }) {
  const said = Object.entries(params).filter(([, value]) => value !== undefined && value !== '')
  const query = said.length > 0 ? `?${new URLSearchParams(said)}` : ''
  return `#${view}${item === undefined ? '' : `/${encodeURIComponent(item)}`}${query}`
}

/** The hash of another view, which keeps the node that is looked at. */
export function hrefOf(view, item, params = {}) {
  return href({ view, item, params: { node: current.params.node, ...params } })
}

/** Goes to the same view with something changed; `replace` leaves no step to come back to. */
export function change({ item = current.item, params = {} }, { replace = false } = {}) {
  const hash = href({ view: current.view, item: item ?? undefined, params: { ...current.params, ...params } })
  if (!replace) {
    location.hash = hash
    return
  }
  history.replaceState(null, '', hash)
  apply()
}

/** A hash that somebody typed may be anything. */
function parse(hash) {
  const [path, query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s)
  const [view, item] = path.split('/')
  return {
    view: view || 'overview',
    item: item === undefined || item === '' ? undefined : decode(item),
    params: Object.fromEntries(new URLSearchParams(query))
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function apply() {
  current = parse(location.hash)
  for (const listener of listeners) listener(current)
}

addEventListener('hashchange', apply)
