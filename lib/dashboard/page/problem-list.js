import { element } from './dom.js'
import { keyedChildren, setData, setText } from './keyed.js'
import { hrefOf } from './route.js'

/**
 * What is wrong now, in sentences that lead to where it is seen.
 *
 * @param isQuiet Whether it shows nothing where nothing is wrong.
 */
export function createProblemList({ isQuiet = false } = {}) {
  const list = element('ul')
  const fine = element('p', {
    text: 'Nothing is wrong: no refusal, no failure and no slow client in the last minute.'
  })
  const rows = keyedChildren(list, ({ key }) => key, makeProblem)
  const node = element(
    'section',
    { className: isQuiet ? 'problems quiet' : 'problems', ariaLabel: 'What is wrong now' },
    fine,
    list
  )
  return {
    node,
    update(problems) {
      rows.set(problems)
      fine.hidden = problems.length > 0
      node.hidden = isQuiet && problems.length === 0
      list.hidden = problems.length === 0
      setData(node, 'level', problems[0]?.level ?? 'good')
    }
  }
}

function makeProblem() {
  const link = element('a')
  const node = element('li', {}, link)
  return {
    node,
    update({ level, text, view, link: { item, params } }) {
      setData(node, 'level', level)
      setText(link, text)
      const target = hrefOf(view, item, params)
      if (link.getAttribute('href') !== target) link.setAttribute('href', target)
    }
  }
}
