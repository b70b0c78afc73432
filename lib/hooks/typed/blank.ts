/**
 * What a field is where it is absent: the default of its type, or an empty list or map. A field with
 * presence (a message, a member of a oneof, `optional`) is left out.
 */
export type Absent =
  | { readonly kind: 'default'; readonly value: unknown }
  | { readonly kind: 'list' }
  | { readonly kind: 'map' }
  | { readonly kind: 'left out' }

/**
 * Compiles what makes a message whose fields are all absent. This is generated code, as the codecs of the
 * protobuf library are: a loop that sets one field after the other takes ten times as long, and clients
 * decide how many messages a request has. Names are identifiers, and none is `__proto__`.
 */
export function compileBlank(
  fields: readonly { readonly name: string; readonly absent: Absent }[]
): () => Record<string, unknown> {
  const values: unknown[] = []
  const members: string[] = []
  for (const { name, absent } of fields) {
    if (absent.kind === 'default') members.push(`${name}: values[${values.push(absent.value) - 1}]`)
    else if (absent.kind === 'list') members.push(`${name}: []`)
    else if (absent.kind === 'map') members.push(`${name}: {}`)
  }
  return new Function('values', `return () => ({ ${members.join(', ')} })`)(values)
}
