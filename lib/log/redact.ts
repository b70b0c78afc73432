/** What stands in the place of a secret. */
const redacted = '[redacted]'

/** Parameters whose value is nobody's business. The name is looked at as it is once decoded, in lower case. */
const secretName = /token|secret|passw|jwt|auth(?!or(?!iz))|api[-_]?key|credential|signature|session/

/** What ends a name: URLs in the text of a log line are not taken apart any further. */
const beforeName = /[\s?&;/#"'<>\\,=]/
/** More of what stands before `=` is not looked at; names are shorter. */
const longestName = 256

/** The equals sign of a parameter; encoded as well, once or more often, as in a URL inside of another one. */
const assignment = /=|%(?:25)*3d/gi
const value = /[^&\s"\\#]*/y

/** phoenix.js's `authToken` where it travels as a sub-protocol. */
const carried = /(base64url\.bearer\.phx\.)[\w+/=-]+/gi

/** JSON Web Tokens, and those of `Phoenix.Token`: signed (HS256 to HS512), and encrypted by plug_crypto 2 or 1 (A128GCM). */
const bareToken =
  /\b(?:eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|SFM(?:yNTY|zODQ|1MTI)\.[\w-]+\.[\w-]*|XCP\.[\w-]{54,}|QTEyOEdDTQ(?:\.[\w-]+){4})/g

/**
 * The text without the secrets of the URLs in it: values of parameters whose name has `token`, `secret`, `passw`,
 * `jwt`, `auth`, `api_key`, `credential`, `signature` or `session` in it, percent-encoded ones too; and JSON Web
 * Tokens and tokens of Phoenix. It may be one URL, or a whole line of a log.
 */
export function redactUrl(text: string): string {
  let shown = ''
  let from = 0
  /** Behind the sign before: each character is part of one name at the most. */
  let behind = 0
  for (const { 0: sign, index } of text.matchAll(assignment)) {
    const least = Math.max(from, behind)
    const begin = index + sign.length
    behind = begin
    // Inside of a value that is left out already.
    if (index < from || !secretName.test(decoded(nameBefore(text, index, least)))) continue
    value.lastIndex = begin
    value.test(text)
    shown += text.slice(from, begin) + (value.lastIndex > begin ? redacted : '')
    from = Math.max(begin, value.lastIndex)
  }
  return (shown + text.slice(from)).replace(carried, `$1${redacted}`).replace(bareToken, redacted)
}

function nameBefore(text: string, end: number, least: number): string {
  const last = Math.max(least, end - longestName)
  let start = end
  while (start > last && !beforeName.test(text.charAt(start - 1))) start--
  return text.slice(start, end)
}

/** Undoes percent-encoding as often as it was done, of ASCII alone: names of secrets have no other letters. */
function decoded(name: string): string {
  let text = name
  for (let before = ''; before !== text; ) {
    before = text
    text = text.replace(/%([2-7][\da-f])/gi, (_escape, code) =>
      String.fromCharCode(Number.parseInt(code, 16))
    )
  }
  return text.toLowerCase()
}
