import { byId, element } from './dom.js'
import { measuredMark } from './measured.js'

const mostRows = 500
const longestSummary = 400

/** The log of frames; `add` takes what `tap.js` tells. */
export function createFrameLog() {
  const list = byId('frames')
  const filter = byId('frames-filter')
  const pause = byId('frames-pause')
  const withMeasured = byId('frames-measured')
  const started = performance.now()
  /** All rows that are kept, the filtered ones too: `{ frame, row }`. */
  let kept = []
  let waiting = []
  let scheduled = false
  let paused = false

  function add(frame) {
    // Measured calls that are not looked at would push everything else out of the log.
    const measured = isMeasured(frame)
    if (paused || (measured && !withMeasured.checked)) return
    waiting.push({ ...frame, at: performance.now() - started, measured })
    if (waiting.length > mostRows) waiting.shift()
    if (scheduled) return
    scheduled = true
    requestAnimationFrame(flush)
  }

  /** Puts the new rows in at once; one layout for a screen, however many frames it brought. */
  function flush() {
    scheduled = false
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40
    const isShown = currentFilter()
    const made = waiting.map((frame) => ({ frame, row: makeRow(frame) }))
    waiting = []
    for (const { frame, row } of made) row.hidden = !isShown(frame)
    list.append(...made.map(({ row }) => row))
    kept.push(...made)
    for (const { row } of kept.splice(0, kept.length - mostRows)) row.remove()
    if (atEnd) list.scrollTop = list.scrollHeight
  }

  function refilter() {
    const isShown = currentFilter()
    for (const { frame, row } of kept) row.hidden = !isShown(frame)
    list.scrollTop = list.scrollHeight
  }

  function currentFilter() {
    const wanted = filter.value.trim().toLowerCase()
    const wires = {
      websocket: byId('frames-websocket').checked,
      datachannel: byId('frames-datachannel').checked
    }
    return (frame) =>
      wires[frame.wire] &&
      (withMeasured.checked || !frame.measured) &&
      (wanted === '' || (frame.text ?? frame.note).toLowerCase().includes(wanted))
  }

  filter.addEventListener('input', refilter)
  for (const id of ['frames-websocket', 'frames-datachannel', 'frames-measured']) {
    byId(id).addEventListener('change', refilter)
  }
  pause.addEventListener('click', () => {
    paused = !paused
    pause.setAttribute('aria-pressed', String(paused))
    pause.textContent = paused ? 'Resume' : 'Pause'
  })
  byId('frames-clear').addEventListener('click', () => {
    kept = []
    waiting = []
    list.replaceChildren()
  })

  return { add }
}

function makeRow(frame) {
  const time = element('time', { text: (frame.at / 1000).toFixed(3) })
  const data = { wire: frame.wire, direction: frame.direction ?? 'note', measured: frame.measured }
  const arrow = element('i', { text: { in: '←', out: '→' }[frame.direction] ?? '·' })
  if (frame.note !== undefined) {
    return element(
      'p',
      { className: 'frame', data },
      time,
      arrow,
      element('span', { className: 'body', text: frame.note })
    )
  }
  const { head, body } = summarize(frame.text)
  const summary = element(
    'summary',
    {},
    time,
    arrow,
    element('b', { text: head }),
    element('span', { className: 'body', text: body.slice(0, longestSummary) })
  )
  const row = element('details', { className: 'frame', data }, summary)
  // The whole text is put in only for those who look: an offer alone has kilobytes.
  row.addEventListener('toggle', () => row.append(element('pre', { text: frame.text })), { once: true })
  return row
}

/** What a frame says, for one line: a message of Phoenix's v2 serializer, or a hook call. */
function summarize(text) {
  try {
    const message = JSON.parse(text)
    if (Array.isArray(message)) {
      const [joinRef, ref, topic, event, payload] = message
      const refs = [joinRef, ref].filter((value) => value !== null).join('/')
      return { head: `${topic} ${event}`, body: `${refs && `#${refs} `}${JSON.stringify(payload)}` }
    }
    const { type, plugin, fn, ...rest } = message
    return { head: `${type} ${plugin}.${fn}`, body: JSON.stringify(rest) }
  } catch {
    return { head: 'message', body: text }
  }
}

/** Calls of the chart would bury the rest, so they can be left out: requests and answers alike. */
function isMeasured(frame) {
  return frame.text?.includes(measuredMark) ?? false
}
