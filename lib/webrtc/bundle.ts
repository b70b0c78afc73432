/** One media section of an offer, with its lines as far as they are looked at. */
export interface OfferedSection {
  readonly media: string
  /** 0 is a section that is turned off, or, with `a=bundle-only`, one that only exists in a bundle. */
  readonly port: number
  readonly protocol: string
  /** Payload types, or the format of DataChannels. */
  readonly formats: string
  readonly lines: string[]
}

/** A media section that the data section cannot do without: it is answered, although nothing is ever sent. */
export interface KeptSection {
  /** Position among the sections. */
  readonly index: number
  readonly mid: string
  /** Of the data section. */
  readonly dataMid: string
  /** What the answer says of it, but for the transport. */
  readonly lines: readonly string[]
}

/** Attributes of the transport, which is that of the bundle's first section (RFC 8843, RFC 8859). */
const transport = ['ice-ufrag', 'ice-pwd', 'ice-options', 'fingerprint', 'setup'] as const

/**
 * The section that the data section shares its transport with (RFC 8843): the first of its bundle, where
 * the data section is `bundle-only`, or has no ICE user fragment of its own. Undefined where it has one.
 */
export function transportSection(
  session: readonly string[],
  sections: readonly OfferedSection[],
  data: OfferedSection
): OfferedSection | undefined {
  const mid = attribute('mid', data.lines)
  const bundle = session
    .filter((line) => line.startsWith('a=group:BUNDLE '))
    .map((line) => line.split(' ').slice(1))
    .find((mids) => mid !== undefined && mids.includes(mid))
  const first = sections.find(({ lines }) => bundle !== undefined && attribute('mid', lines) === bundle[0])
  if (first === undefined || first === data || first.port === 0) return undefined
  const fragmentOf = ({ lines }: OfferedSection) =>
    attribute('ice-ufrag', lines) ?? attribute('ice-ufrag', session)
  const own = fragmentOf(data)
  return data.port === 0 || own === undefined || own === fragmentOf(first) ? first : undefined
}

/** The lines of the data section with the attributes of the transport that it shares with `first`. */
export function withTransport(data: OfferedSection, first: OfferedSection): string[] {
  const isOf = (name: string) => (line: string) => line.startsWith(`a=${name}:`)
  const shared = transport.filter((name) => first.lines.some(isOf(name)))
  const own = data.lines.filter((line) => !shared.some((name) => isOf(name)(line)))
  return [...own, ...shared.flatMap((name) => first.lines.filter(isOf(name)))]
}

/** How `first` is to be answered: inactive, with the first of its formats, as one is needed. */
export function keepSection(first: OfferedSection, index: number, data: OfferedSection): KeptSection {
  const format = first.formats.split(' ', 1)[0] as string
  const mid = attribute('mid', first.lines) as string
  const said = ['a=rtcp-mux', `a=rtpmap:${format} `, `a=fmtp:${format} `].flatMap(
    (start) => first.lines.find((line) => line.startsWith(start)) ?? []
  )
  return {
    index,
    mid,
    dataMid: attribute('mid', data.lines) as string,
    lines: [
      `m=${first.media} 9 ${first.protocol} ${format}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${mid}`,
      'a=inactive',
      ...said
    ]
  }
}

/**
 * The library's answer, in which all media is turned down, with one section kept. The library itself never
 * hears of any media, so that a client cannot make it do anything about some.
 */
export function answerBundle(answer: string, { index, mid, dataMid, lines }: KeptSection): string {
  const [session = '', ...sections] = answer.split(/\r?\n(?=m=)/)
  const data = sections.find((section) => section.startsWith('m=application ')) ?? ''
  const shared = data.split(/\r?\n/).filter((line) => transport.some((name) => line.startsWith(`a=${name}:`)))
  sections[index] = [...lines, ...shared, ...(index === sections.length - 1 ? [''] : [])].join('\r\n')
  const bundled = session.replace(/^a=group:BUNDLE .*$/m, () => `a=group:BUNDLE ${mid} ${dataMid}`)
  return [bundled, ...sections].join('\r\n')
}

function attribute(name: string, lines: readonly string[]): string | undefined {
  const prefix = `a=${name}:`
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length)
}
