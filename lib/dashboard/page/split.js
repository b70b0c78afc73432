import { createDetail } from './detail.js'
import { element } from './dom.js'
import { change } from './route.js'

/** A list, and beside it one of its rows in detail; `detail` is what `createDetail` takes. */
export function createSplit(list, detail) {
  const shown = createDetail({ ...detail, onClose: () => change({ item: null }) })
  return {
    node: element(
      'div',
      { className: 'split' },
      element('section', { className: 'panel' }, list.node),
      shown.node
    ),
    setTitle: (name) => shown.setTitle(name),
    show(wanted) {
      list.show(wanted)
      shown.show(wanted.item)
    },
    hide() {
      shown.show(undefined)
      list.hide()
    }
  }
}
