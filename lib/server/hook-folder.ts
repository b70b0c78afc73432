import { readdir, stat } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'
import { defineHooks, type HookOptions, type HookPlugin } from '../hooks/define.js'
import { isInheritedName } from '../hooks/names.js'
import type { HookFunctions } from '../hooks/types.js'
import { oneLine } from '../log/one-line.js'
import { isClass } from '../util/is-class.js'
import { HookFolderUnreadable, HookModuleInvalid, HookTypeScriptUnsupported } from './errors.js'
import { hookImporter } from './hook-modules.js'

const extensions: ReadonlySet<string> = new Set(['.js', '.mjs', '.ts'])

/**
 * Loads the hook modules of a folder: `NAME.js`, `NAME.mjs` or `NAME.ts` is the plugin `NAME`, and each
 * function that it exports is a hook by the name of the export (a default export has no name and is
 * none). The export `schemas` holds JSON Schemas by function, `proto` the text of a proto3 file with the
 * messages of typed hooks. Type declarations, files whose names start with a dot, other files and
 * sub-folders are passed over.
 *
 * Modules are ES modules whatever the package.json around them says, and TypeScript needs no build: jiti
 * compiles it where it is installed, and Node 22.18 or newer leaves out its types where it is not.
 * A module is run once in the life of the process, however often its folder is loaded.
 *
 * @param dir the folder, relative to the working directory.
 * @returns the plugins, in the order of their names.
 * @throws PHX_ERR_HOOKS_FOLDER when the folder does not exist or cannot be read.
 * @throws PHX_ERR_HOOKS_TYPESCRIPT for TypeScript that needs jiti.
 * @throws PHX_ERR_HOOKS_MODULE for a module that cannot be loaded, throws while it is loaded, exports
 *   bad schemas or a bad proto text, or has the plugin name of another one. The message is one line that
 *   names the file.
 */
export async function loadHookFolder(dir: string): Promise<HookPlugin[]> {
  const folder = resolve(dir)
  const files = await findModules(folder)
  const importModule = await hookImporter(folder, [...files.values()])
  const plugins: HookPlugin[] = []
  // One after the other: modules may share state, and the first that fails is always the same.
  for (const [name, file] of files) {
    try {
      plugins.push(toPlugin(name, await loadWithinTime(file, importModule(file))))
    } catch (err) {
      if (err instanceof HookTypeScriptUnsupported) throw err
      throw new HookModuleInvalid(file, oneLine(err), { cause: err })
    }
  }
  return plugins
}

const loadLimitMs = 10_000

/** A module whose top level waits for something that never comes must not keep the server from saying so. */
async function loadWithinTime<T>(file: string, loading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new HookModuleInvalid(file, `is not loaded after ${loadLimitMs} ms`)),
      loadLimitMs
    )
  })
  try {
    return await Promise.race([loading, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Module files by plugin name, sorted. */
async function findModules(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const entry of await list(folder)) {
    const { name, ext } = parse(entry)
    const file = join(folder, entry)
    if (!extensions.has(ext) || name.startsWith('.') || entry.endsWith('.d.ts')) continue
    if (!(await isFile(file))) continue
    const other = found.get(name)
    if (other !== undefined) throw new HookModuleInvalid(file, `${other} is the plugin ${name} already`)
    found.set(name, file)
  }
  return found
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (err) {
    throw new HookFolderUnreadable(folder, oneLine(err), { cause: err })
  }
}

async function isFile(file: string): Promise<boolean> {
  try {
    // Follows links: that is how volumes of Kubernetes show files.
    return (await stat(file)).isFile()
  } catch (err) {
    throw new HookModuleInvalid(file, oneLine(err), { cause: err })
  }
}

function toPlugin(name: string, exports: Readonly<Record<string, unknown>>): HookPlugin {
  // In a module, what is no hook is none: defineHooks refuses some of it, where it was meant as one.
  const { default: unnamed, schemas = {}, proto, ...named } = exports
  const options = proto === undefined ? { schemas } : { schemas, proto }
  const members = Object.entries(named).filter(([fn, member]) => !isClass(member) && !isInheritedName(fn))
  return defineHooks(
    name,
    Object.fromEntries(members) as HookFunctions,
    options as HookOptions<HookFunctions>
  )
}
