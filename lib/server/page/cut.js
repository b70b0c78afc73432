import { byId } from './dom.js'

const keeps =
  'The socket and the peer close. What others write meanwhile comes when you are back: once, in order, and marked.'
const keepsNothing =
  'This server keeps no history, so that what others write meanwhile is lost. Start it with HISTORY=100, and it comes back.'

/** The button that cuts the network, with the seconds that are left, and a line beside it that says what happens. */
export function createCut(network) {
  const panel = byId('cut-panel')
  const button = byId('cut')
  const note = byId('cut-note')
  const label = button.textContent
  /** Whether the line is of the cut that is under way, or the last one. */
  let isOfCut = false

  function say(text) {
    note.textContent = text
  }

  button.addEventListener('click', network.cut)
  network.onSecond((seconds) => {
    const isCut = seconds > 0
    panel.dataset.state = isCut ? 'cut' : 'there'
    button.setAttribute('aria-disabled', String(isCut))
    button.textContent = isCut ? `Cut off, back in ${seconds} s` : label
  })
  network.onCut(() => {
    isOfCut = true
    say('The socket and the peer are closed. Now have somebody else write something.')
  })

  return {
    /** The room is joined. @param recover What the server says of its history; undefined where it has none. */
    joined(recover) {
      button.disabled = false
      if (isOfCut) say(backWith(recover))
      else say(recover ? keeps : keepsNothing)
      panel.dataset.history = String(recover !== undefined)
    }
  }
}

function backWith(recover) {
  if (!recover) return `You are back. ${keepsNothing}`
  const { recovered, count } = recover
  if (!recovered) return 'You are back. What was written meanwhile is no longer kept.'
  if (count === 0) return 'You are back. Nobody wrote anything meanwhile.'
  return `You are back, with ${count === 1 ? 'the message' : `the ${count} messages`} that you missed.`
}
