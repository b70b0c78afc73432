// Hooks of Node's module loader: hook modules are ES modules, whatever the package.json around them says. Node 20 loads
// this file in a thread of its own.
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileFunction } from 'node:vm'

/** What hook modules are, as URLs. */
export interface ModuleFiles {
  /** Ends with a slash. In it are the files that modules share; CommonJS may be among them. */
  readonly folder: string
  /** The hook modules. */
  readonly files: readonly string[]
}

interface LoadContext {
  readonly format?: string | null | undefined
}

const folders = new Set<string>()
const modules = new Set<string>()

export function initialize({ folder, files }: ModuleFiles): void {
  folders.add(folder)
  for (const file of files) modules.add(file)
}

/** Answers what the next hook does: a promise in a thread of its own alone. */
export function load<C extends LoadContext, R>(
  url: string,
  context: C,
  next: (url: string, context: C) => R
): R {
  return next(url, isHere(url) ? { ...context, format: formatOf(url, context) } : context)
}

function isHere(url: string): boolean {
  if (modules.has(url)) return true
  return !url.includes('/node_modules/') && [...folders].some((folder) => url.startsWith(folder))
}

function formatOf(url: string, { format }: LoadContext): string | null | undefined {
  switch (extname(url)) {
    case '.ts':
      return 'module-typescript'
    case '.js':
      return modules.has(url) || !isCommonJs(readFileSync(new URL(url), 'utf8'), url) ? 'module' : format
    default:
      return format
  }
}

/** What parses as CommonJS has neither imports nor exports of ES modules. */
function isCommonJs(source: string, url: string): boolean {
  try {
    compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname'], {
      filename: fileURLToPath(url)
    })
    return true
  } catch {
    return false
  }
}
