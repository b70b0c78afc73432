import { element } from './dom.js'
import { count, nodeName } from './format.js'
import { setData, setText } from './keyed.js'
import { change } from './route.js'
import { createTable } from './table.js'

const pageRows = 100
const typingMs = 200

/**
 * A list of the server's: searched and sorted there, 100 rows a page. What is asked for is the route's.
 *
 * @param topic Of its channel, which is joined while it is shown.
 * @param sort The column that it is sorted by where the route names none.
 * @param empty What would be here.
 * @param onRows Called with the rows of each page.
 * @param on Listeners for what else its channel is pushed.
 */
export function createList({ app, topic, sort, empty, onRows = () => {}, on = {}, ...shown }) {
  const { label, placeholder, columns, keyOf, rowState } = shown
  let channel
  let look
  let typing
  const ask = (route) => ({
    sort: route.params.sort ?? sort,
    page: Math.max(0, Number.parseInt(route.params.page, 10) || 0),
    ...(route.params.query && { query: route.params.query }),
    ...(route.params.node && { node: route.params.node })
  })

  const table = createTable({ label, columns, keyOf, rowState, onSort: sortBy })
  const search = element('input', {
    type: 'search',
    placeholder,
    spellcheck: false,
    ariaLabel: `Search ${label}`
  })
  const pause = element('button', { type: 'button', text: 'Pause', ariaPressed: 'false' })
  const total = element('span', { className: 'total' })
  const silent = element('p', { className: 'partial', hidden: true })
  const nothing = element('p', { className: 'empty', hidden: true })
  const pager = createPager((page) => change({ params: { page: page || undefined } }))
  const frame = element('div', { className: 'table' }, table.node)
  const node = element(
    'div',
    { className: 'list' },
    element('div', { className: 'filters' }, search, total, pause),
    silent,
    frame,
    nothing,
    pager.node
  )

  search.addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(() => {
      change({ params: { query: search.value.trim() || undefined, page: undefined } }, { replace: true })
    }, typingMs)
  })
  pause.addEventListener('click', () => {
    const paused = pause.ariaPressed !== 'true'
    pause.ariaPressed = String(paused)
    setText(pause, paused ? 'Go on' : 'Pause')
    table.pause(paused)
  })

  function sortBy(id) {
    change({ params: { sort: id === sort ? undefined : id, page: undefined } })
  }

  /** @param now Whether somebody waits for it. */
  function take(page, now) {
    onRows(page.rows)
    table.update(page.rows, { now })
    table.sortedBy(look.sort)
    frame.hidden = page.rows.length === 0
    nothing.hidden = page.rows.length > 0
    setText(nothing, look.query ? `Nothing here has "${look.query}" in it.` : empty)
    setText(total, page.total === 0 ? '' : range(page))
    pager.update(page)
    silent.hidden = page.silent.length === 0
    setText(silent, `No answer from ${page.silent.map(nodeName).join(', ')}: what is there is missing here.`)
  }

  function askAgain() {
    setData(node, 'busy', true)
    channel
      .push('look', look)
      .then((page) => page.rows && take(page, true))
      .catch(() => {})
      .finally(() => setData(node, 'busy', undefined))
  }

  return {
    node,

    /** Shows what the route asks for; joins, where it is not shown yet. */
    show(route) {
      const wanted = ask(route)
      const isAnother = JSON.stringify(wanted) !== JSON.stringify(look)
      look = wanted
      if (document.activeElement !== search) search.value = look.query ?? ''
      if (channel !== undefined) {
        if (isAnother) askAgain()
        return
      }
      channel = app.open(topic, {
        params: () => look,
        joined: (page) => take(page, true),
        on: { ...on, page: (page) => take(page, false) }
      })
    },

    hide() {
      clearTimeout(typing)
      channel?.close()
      channel = undefined
    },

    push: (event, payload) => channel?.push(event, payload) ?? Promise.reject(new Error('not shown'))
  }
}

function range({ rows, total, page }) {
  if (total <= pageRows) return count(total)
  const first = page * pageRows + 1
  return `${count(first)} to ${count(first + rows.length - 1)} of ${count(total)}`
}

function createPager(onPage) {
  let current = 0
  const step = (text, by) => {
    const button = element('button', { type: 'button', text })
    button.addEventListener('click', () => onPage(current + by))
    return button
  }
  const back = step('Previous 100', -1)
  const on = step('Next 100', 1)
  const node = element('nav', { className: 'pager', hidden: true, ariaLabel: 'Pages' }, back, on)
  return {
    node,
    update({ page, total }) {
      current = page
      node.hidden = total <= pageRows && page === 0
      back.disabled = page === 0
      on.disabled = (page + 1) * pageRows >= total
    }
  }
}
