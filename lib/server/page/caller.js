import { byId, element, milliseconds } from './dom.js'

const mostResults = 20

const examples = [
  { fn: 'echo', args: '["hello"]' },
  { fn: 'add', args: '[2, 3]' },
  { fn: 'whoami', args: '[]' },
  { fn: 'time', args: '[]' }
]

/** The form that calls a hook, and what came of it. */
export function createCaller(hooks) {
  const results = byId('results')
  const args = byId('call-args')

  byId('presets').append(...examples.map(exampleButton))

  args.addEventListener('input', () => args.setCustomValidity(''))
  byId('call').addEventListener('submit', async (event) => {
    event.preventDefault()
    let list
    try {
      list = JSON.parse(args.value || '[]')
    } catch {
      args.setCustomValidity('This is no JSON.')
      args.reportValidity()
      return
    }
    const transport = new FormData(event.target).get('transport')
    const plugin = byId('call-plugin').value
    const fn = byId('call-fn').value
    const outcome = await hooks.call(transport, plugin, fn, list)
    results.prepend(resultRow(transport, `${plugin}.${fn}`, outcome))
    while (results.children.length > mostResults) results.lastElementChild.remove()
  })
}

function exampleButton({ fn, args }) {
  const button = element('button', { text: fn, data: { preset: fn } })
  button.type = 'button'
  button.addEventListener('click', () => {
    byId('call-plugin').value = 'demo'
    byId('call-fn').value = fn
    byId('call-args').value = args
    byId('call-args').setCustomValidity('')
  })
  return button
}

function resultRow(transport, name, { ok, value, ms }) {
  const label = transport === 'datachannel' ? 'DataChannel' : 'WebSocket'
  return element(
    'li',
    { className: 'result', data: { transport, status: ok ? 'ok' : 'error' } },
    element('i', { className: `dot ${transport}` }),
    element('span', { className: 'via', text: label }),
    element('code', { className: 'name', text: name }),
    element('output', { text: ok ? JSON.stringify(value) : value }),
    element('span', { className: 'ms', text: milliseconds(ms) })
  )
}
