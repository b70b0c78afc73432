/** A JSON Schema (draft-07), or `true` for anything and `false` for nothing. */
export type JSONSchema = boolean | { readonly [keyword: string]: unknown }
