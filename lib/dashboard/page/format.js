const numbers = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Where there is nothing to say. */
export const none = '–'

/** `12,345`. */
export function count(value) {
  return numbers.format(Math.round(value))
}

/** `12.3K`, for an axis. */
export function shortCount(value) {
  return short.format(value)
}

/** What happens in a second: small figures keep their fraction. */
export function rate(value) {
  return value > 0 && value < 10 ? String(Number(value.toFixed(1))) : count(value)
}

/** `1 socket`, `12 sockets`. */
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`
}

/** Of a number of bytes: `1.2 MB`. */
export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let rest = value
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  return `${unit > 0 && rest < 10 ? rest.toFixed(1) : Math.round(rest)} ${units[unit]}`
}

/** Of milliseconds that something took: `0.42 ms`, `1.2 s`. */
export function ms(value) {
  if (value === null || value === undefined) return none
  if (value >= 9999.5) return `${Math.round(value / 1000)} s`
  if (value >= 999.5) return `${(value / 1000).toFixed(1)} s`
  return `${value >= 9.95 || value === 0 ? Math.round(value) : value.toFixed(value < 0.995 ? 2 : 1)} ms`
}

/** Of milliseconds that something lasts: `14 s`, `3 min`, `2 h 5 min`, `4 d 2 h`. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`
}

/** `13:02:11`, with the day where that is not today. */
export function clock(at) {
  const today = new Date().toDateString() === new Date(at).toDateString()
  return today ? time.format(at) : `${day.format(at)}, ${time.format(at)}`
}

export function percent(part) {
  const value = part * 100
  return `${value > 0 && value < 10 ? Number(value.toPrecision(2)) : Math.round(value)} %`
}

/** What calls are made over, as people write it. */
export function transportName(name) {
  return { websocket: 'WebSocket', longpoll: 'long-poll', datachannel: 'DataChannel' }[name] ?? name
}

/** Of cores that are in use: `0.42`. */
export function cores(value) {
  return value.toFixed(2)
}

/** A node's name; those that nobody chose are long. */
export function nodeName(name) {
  return name.length > 16 ? `${name.slice(0, 8)}…` : name
}

/** A line of a log, which is no sentence yet. */
export function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** A value as JSON, on one line. */
export function json(value) {
  return JSON.stringify(value) ?? String(value)
}
