import { createError } from '../util/coded-error.js'

/** An option or environment variable of the reference server is wrong; the message names it. */
export const ServerOptionInvalid = createError<[name: string, problem: string]>(
  'PHX_ERR_SERVER_OPTION',
  '%s %s',
  500,
  TypeError
)

/** A hook folder does not exist or cannot be read. */
export const HookFolderUnreadable = createError<[folder: string, problem: string, options: ErrorOptions]>(
  'PHX_ERR_HOOKS_FOLDER',
  'hook folder %s: %s'
)

/** A module of a hook folder cannot be loaded, or what it exports is no hook plugin. */
export const HookModuleInvalid = createError<[file: string, problem: string, options?: ErrorOptions]>(
  'PHX_ERR_HOOKS_MODULE',
  'hook module %s: %s'
)

/** A module of a hook folder is TypeScript that takes jiti, which is not installed. */
export const HookTypeScriptUnsupported = createError<[file: string, problem: string, options?: ErrorOptions]>(
  'PHX_ERR_HOOKS_TYPESCRIPT',
  'hook module %s: %s: npm install jiti'
)
