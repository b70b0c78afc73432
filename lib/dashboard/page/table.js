import { element } from './dom.js'
import { keyedChildren, setData, setText } from './keyed.js'

/** After a touch, what was touched counts as pointed at for as long as nothing else is. */
const canHover = matchMedia('(hover: hover)')

/**
 * A table whose rows are changed in place. While somebody points at it, has the focus in it or selects text, the rows
 * keep their places: nothing jumps away from under a finger.
 *
 * A column is `{ id, title, text(row) }`, and of these what it needs: `numeric`; `wide`, so that its text breaks into
 * lines; `sort`, so that it can be sorted by, and `rising` where it begins with the smallest then; `href(row)`, which
 * makes it a link; `state(row)`, which colours a cell (`bad`, `busy`, `good`); `hint(row)`, its tooltip.
 *
 * @param label What it shows, for those who do not see it.
 * @param onSort Called with the id of a column whose head is pressed.
 */
export function createTable({ label, columns, keyOf, onSort, rowState = () => undefined }) {
  const heads = columns.map((column) => makeHead(column, onSort))
  const body = element('tbody')
  const head = element('thead', {}, element('tr', {}, ...heads.map(({ node }) => node)))
  const table = element('table', { className: 'rows' }, head, body)
  table.setAttribute('aria-label', label)
  const rows = keyedChildren(body, keyOf, () => makeRow(columns, rowState))
  let waiting
  let isPaused = false

  const isHeld = () =>
    isPaused ||
    (canHover.matches && body.matches(':hover')) ||
    body.contains(document.activeElement) ||
    isSelecting(body)

  function release() {
    if (waiting === undefined || isHeld()) return
    rows.set(waiting)
    waiting = undefined
    setData(table, 'held', undefined)
  }

  for (const event of ['mouseleave', 'focusout']) {
    body.addEventListener(event, () => requestAnimationFrame(release))
  }
  body.addEventListener('keydown', walk)
  body.addEventListener('click', follow)

  return {
    node: table,

    /** Shows these rows; at once, when somebody has asked for them. */
    update(list, { now = false } = {}) {
      waiting = undefined
      if (now || rows.size === 0 || !isHeld()) {
        rows.set(list)
        setData(table, 'held', undefined)
        return
      }
      rows.refresh(list, ({ node }) => setData(node, 'gone', true))
      waiting = list
      setData(table, 'held', true)
    },

    /** Keeps everything as it is, until told otherwise. */
    pause(paused) {
      isPaused = paused
      release()
    },

    sortedBy(id) {
      for (const each of heads) each.sorted(id)
    }
  }
}

function makeHead({ id, title, numeric, sort, rising = !numeric, about }, onSort) {
  const node = element('th', { scope: 'col', className: numeric ? 'number' : '', data: { of: id } })
  if (about) node.title = about
  if (sort) {
    const button = element('button', { type: 'button', text: title, data: { sort: id } })
    button.addEventListener('click', () => onSort(id))
    node.append(button)
  } else node.textContent = title
  return {
    node,
    sorted(wanted) {
      if (sort && wanted === id) node.setAttribute('aria-sort', rising ? 'ascending' : 'descending')
      else node.removeAttribute('aria-sort')
    }
  }
}

function makeRow(columns, rowState) {
  const cells = columns.map(makeCell)
  const node = element('tr', {}, ...cells.map((cell) => cell.node))
  return {
    node,
    update(row) {
      setData(node, 'gone', undefined)
      setData(node, 'state', rowState(row))
      for (const cell of cells) cell.update(row)
    }
  }
}

function makeCell({ id, title, numeric, wide, text, href, hint, state }, index) {
  const node = element(index === 0 ? 'th' : 'td', {
    className: numeric ? 'number' : wide ? 'wide' : '',
    data: { of: id, title }
  })
  if (index === 0) node.scope = 'row'
  const inner = href ? element('a') : element('span')
  node.append(inner)
  return {
    node,
    update(row) {
      const shown = text(row)
      setText(inner, shown)
      setData(node, 'zero', shown === '0' || shown === '0 B')
      const target = href?.(row)
      if (target !== undefined && inner.getAttribute('href') !== target) inner.setAttribute('href', target)
      if (hint) inner.title = hint(row)
      if (state) setData(node, 'state', state(row))
    }
  }
}

/** Up and down go from row to row. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const row = event.target.closest('tr')
  if (!step || row === null) return
  const links = [...row.parentElement.querySelectorAll('th a[href]')]
  const next = links[links.indexOf(row.querySelector('th a[href]')) + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

/** A click beside the link of a row follows it, unless it ends a selection. */
function follow(event) {
  if (event.target.closest('a, button') !== null || isSelecting(event.currentTarget)) return
  event.target.closest('tr')?.querySelector('th a[href]')?.click()
}

function isSelecting(body) {
  const selection = getSelection()
  return selection !== null && !selection.isCollapsed && body.contains(selection.anchorNode)
}
