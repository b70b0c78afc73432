import { createError } from '../../util/coded-error.js'

/** An option of the load tool is missing or wrong; the message names it. */
export const LoadOptionInvalid = createError<[name: string, problem: string]>(
  'PHX_ERR_LOAD_OPTION',
  '%s %s',
  500,
  TypeError
)

/** None of the load tool's clients could connect; the message has the reasons. */
export const LoadNotConnected = createError<[url: string, reasons: string]>(
  'PHX_ERR_LOAD_NOT_CONNECTED',
  'no client could connect to %s: %s',
  500
)
