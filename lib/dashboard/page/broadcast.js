import { createAction } from './detail.js'
import { element } from './dom.js'

/** A form that sends an event to all members of a topic; `send` gives a promise. */
export function createBroadcast(send) {
  const event = element('input', {
    required: true,
    spellcheck: false,
    autocomplete: 'off',
    placeholder: 'notice'
  })
  const payload = element('textarea', { rows: 2, spellcheck: false, value: '{}' })
  const said = element('p', { className: 'hint' })
  said.setAttribute('role', 'status')
  const act = createAction('Broadcast', async () => {
    await send(event.value, JSON.parse(payload.value))
    said.textContent = `${event.value} is on its way to all members.`
  })
  act.type = 'submit'
  const form = element(
    'form',
    {},
    element('label', {}, 'Event', event),
    element('label', {}, 'Payload, JSON', payload),
    act,
    said
  )
  form.addEventListener('submit', (event) => event.preventDefault())
  payload.addEventListener('input', () => payload.setCustomValidity(problemOf(payload.value)))
  const summary = element('summary', { text: 'Send a broadcast' })
  return { node: element('details', { className: 'broadcast' }, summary, form) }
}

function problemOf(text) {
  try {
    JSON.parse(text)
    return ''
  } catch {
    return 'This is no JSON.'
  }
}
