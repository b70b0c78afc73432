/**
 * What a terminal may take for a command, or what shows a text as another one: control characters (C1 too),
 * format characters, among them the bidirectional ones, and separators of lines.
 */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu

/**
 * The text with what steers a terminal written as `\u009b`. Inside of a JSON string that is the same string,
 * and a line break may be kept.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (char) => (char === '\n' ? char : escaped(char)))
}

function escaped(char: string): string {
  let units = ''
  for (let i = 0; i < char.length; i++) units += `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`
  return units
}
