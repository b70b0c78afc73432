import type { HookResult } from './types.js'

export type HookFailure = Extract<HookResult, { ok: false }>

/** The reasons that the server gives itself, as clients know them. */
export const failures = {
  notFound: failure('not_found'),
  notImplemented: failure('not_implemented'),
  reservedName: failure('reserved_hook_name'),
  tooManyArgs: failure('too_many_args'),
  argsTooLarge: failure('args_too_large'),
  invalidArgs: failure('invalid_args'),
  singleObjectExpected: failure('typed_hook_expects_single_object_arg'),
  schemaMissing: failure('hook_schema_missing'),
  invalidRequest: failure('invalid_request_payload'),
  overloaded: failure('overloaded'),
  timeout: failure('timeout'),
  resultNotEncodable: failure('result_not_json_encodable'),
  internalError: failure('internal_error'),
  invalidKey: failure('invalid_key'),
  keyReused: failure('key_reused'),
  resultExpired: failure('result_expired'),
  outcomeUnknown: failure('outcome_unknown'),
  unavailable: failure('once_unavailable')
} as const

const ownReasons: ReadonlySet<string> = new Set(Object.values(failures).map(({ reason }) => reason))

/** A reason as a label: those of the application are `refused`, as they may be any text. */
export function reasonLabel(reason: string): string {
  return ownReasons.has(reason) ? reason : 'refused'
}

export function failure(reason: string): HookFailure {
  return Object.freeze({ ok: false, reason })
}
