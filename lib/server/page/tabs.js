import { byId } from './dom.js'

const tabs = ['tab-calls', 'tab-chat']
const listeners = []

/** The id of the tab that is shown. */
export function selectedTab() {
  return tabs.find((id) => byId(id).getAttribute('aria-selected') === 'true')
}

/** Calls back with the id of each tab that is selected. */
export function onTab(listener) {
  listeners.push(listener)
}

function select(selected) {
  for (const id of tabs) {
    const tab = byId(id)
    tab.setAttribute('aria-selected', String(id === selected))
    tab.tabIndex = id === selected ? 0 : -1
    byId(tab.getAttribute('aria-controls')).hidden = id !== selected
  }
  for (const listener of listeners) listener(selected)
}

for (const [index, id] of tabs.entries()) {
  byId(id).addEventListener('click', () => select(id))
  byId(id).addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
    if (!step) return
    const next = tabs[(index + step + tabs.length) % tabs.length]
    select(next)
    byId(next).focus()
  })
}
