import { byId } from './dom.js'
import { change, route } from './route.js'

/** Keys for those who do not reach for the mouse; `help` in the page says which. */
export function listenToKeys() {
  const nav = byId('views')
  const help = byId('help')
  const links = () => [...nav.querySelectorAll('a')]

  nav.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const all = links()
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus()
  })

  byId('help-open').addEventListener('click', () => help.showModal())
  byId('help-close').addEventListener('click', () => help.close())

  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return
    if (event.key === 'Escape') return leave(event.target)
    if (event.target.matches('input:not([type=checkbox]), textarea, select')) return
    const search = document.querySelector('main input[type=search]:not([hidden] *)')
    if (event.key === '/' && search !== null) {
      event.preventDefault()
      search.focus()
      search.select()
    } else if (event.key === '?') help.showModal()
    else links()[Number(event.key) - 1]?.click()
  })
}

/** Escape empties a search, then leaves it; elsewhere it closes what is shown beside a list. */
function leave(target) {
  if (target.matches('input[type=search]')) {
    if (target.value === '') return target.blur()
    target.value = ''
    target.dispatchEvent(new Event('input'))
  } else if (route().item !== undefined) change({ item: null })
}
