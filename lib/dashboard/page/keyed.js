/**
 * Makes the children of an element those of a list, and changes as little as it can: what stays is neither made anew
 * nor moved, so that focus, selection and scrolling stay too.
 *
 * @param keyOf What an item is known by.
 * @param make Makes the element of an item: `{ node, update(item) }`.
 */
export function keyedChildren(parent, keyOf, make) {
  let made = new Map()
  return {
    /** All items, in this order. */
    set(items) {
      const next = new Map()
      let place = parent.firstElementChild
      for (const item of items) {
        const key = keyOf(item)
        const row = made.get(key) ?? next.get(key) ?? make(item)
        next.set(key, row)
        row.update(item)
        if (row.node === place) place = place.nextElementSibling
        else parent.insertBefore(row.node, place)
      }
      for (const [key, row] of made) if (!next.has(key)) row.node.remove()
      made = next
    },

    /** New values for those that are there, wherever they are now; calls back with each that is missing. */
    refresh(items, missing) {
      const byKey = new Map(items.map((item) => [keyOf(item), item]))
      for (const [key, row] of made) {
        const item = byKey.get(key)
        if (item === undefined) missing(row)
        else row.update(item)
      }
    },

    get size() {
      return made.size
    }
  }
}

/** Sets the text of an element where that is another one. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/** Sets a data attribute, or takes it away. */
export function setData(node, name, value) {
  if (value === undefined || value === false) delete node.dataset[name]
  else if (node.dataset[name] !== String(value)) node.dataset[name] = value
}
