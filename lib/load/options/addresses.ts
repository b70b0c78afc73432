import { isIP } from 'node:net'
import { isLoopbackHost } from '../../util/loopback.js'
import { LoadOptionInvalid } from './errors.js'

/** More than this cannot be of use: they have ports for as many clients as there may be. */
const mostAddresses = 4096

const form = 'must be addresses of this machine, as in 127.0.0.2-127.0.0.20, 10.0.0.0/28 or 10.0.0.5,10.0.0.6'

/**
 * The addresses of `--source`: lists, ranges and CIDR blocks of IPv4, and single ones of IPv6.
 *
 * @throws PHX_ERR_LOAD_OPTION also for an address from which one of the URLs cannot be reached
 */
export function readSources(texts: readonly string[], urls: readonly string[]): string[] {
  const sources = texts.flatMap((text) => text.split(',')).flatMap((part) => addressesOf(part.trim()))
  if (sources.length > mostAddresses) {
    throw new LoadOptionInvalid('--source', `has ${sources.length} addresses; ${mostAddresses} may be given`)
  }
  const inner = sources.find(isLoopbackHost)
  const outer = urls.find((url) => !isLoopbackHost(new URL(url).hostname))
  if (inner !== undefined && outer !== undefined) {
    throw new LoadOptionInvalid('--source', `${inner} is loopback: ${outer} cannot be reached from there`)
  }
  return sources
}

function addressesOf(text: string): string[] {
  if (isIP(text) !== 0) return [text]
  const [from = '', to, ...more] = text.split('-')
  if (to !== undefined && more.length === 0) return between(numberOf(from), numberOf(to))
  const [base = '', bits = '', ...rest] = text.split('/')
  if (rest.length > 0) throw new LoadOptionInvalid('--source', form)
  if (!/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw new LoadOptionInvalid('--source', form)
  const size = 2 ** (32 - Number(bits))
  const first = Math.floor(numberOf(base) / size) * size
  return between(first, first + size - 1)
}

function between(first: number, last: number): string[] {
  if (last < first) throw new LoadOptionInvalid('--source', form)
  const count = Math.min(last - first, mostAddresses) + 1
  return Array.from({ length: count }, (_, index) => textOf(first + index))
}

function numberOf(address: string): number {
  if (isIP(address.trim()) !== 4) throw new LoadOptionInvalid('--source', form)
  return address
    .trim()
    .split('.')
    .reduce((sum, part) => sum * 256 + Number(part), 0)
}

const textOf = (number: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.')
