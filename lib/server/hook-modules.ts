import { realpathSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { oneLine } from '../log/one-line.js'
import { HookTypeScriptUnsupported } from './errors.js'
import { initialize, load, type ModuleFiles } from './es-modules.js'

/** Imports a file as an ES module, once in the life of the process. */
export type ImportModule = (file: string) => Promise<Readonly<Record<string, unknown>>>

/**
 * What imports the hook modules of a folder: jiti where it is installed, and Node where it is not.
 *
 * @throws PHX_ERR_HOOKS_TYPESCRIPT when one of the files is TypeScript and neither can import it.
 */
export async function hookImporter(folder: string, files: readonly string[]): Promise<ImportModule> {
  return (await jitiImporter()) ?? nodeImporter(folder, files)
}

/** TypeScript with all that needs a compiler, on any Node. */
async function jitiImporter(): Promise<ImportModule | undefined> {
  const createJiti = await findJiti()
  // Nothing is cached on disk, where others may be able to write; and exports are taken as they are.
  const jiti = createJiti?.(import.meta.url, { fsCache: false, interopDefault: false })
  return jiti && ((file) => jiti.import<Record<string, unknown>>(file))
}

async function findJiti(): Promise<typeof import('jiti').createJiti | undefined> {
  try {
    // Versions before 2 have no such export.
    return (await import('jiti')).createJiti
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw err
  }
}

/** JavaScript, and TypeScript whose types can be left out, where Node does so. */
export function nodeImporter(folder: string, files: readonly string[]): ImportModule {
  const typeScript = files.find((file) => extname(file) === '.ts')
  if (typeScript !== undefined && !leavesOutTypes()) {
    throw new HookTypeScriptUnsupported(typeScript, 'TypeScript needs Node 22.18 or newer, or jiti')
  }
  // Node takes the files that links lead to.
  const href = (path: string): string => pathToFileURL(realpathSync(path)).href
  takeAsModules({ folder: `${href(folder)}/`, files: files.map(href) })
  return async (file) => {
    try {
      return await import(pathToFileURL(file).href)
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') throw err
      throw new HookTypeScriptUnsupported(file, `${oneLine(err)} without jiti`, { cause: err })
    }
  }
}

function leavesOutTypes(): boolean {
  const { typescript } = process.features as { typescript?: unknown }
  return Boolean(typescript)
}

function takeAsModules(modules: ModuleFiles): void {
  // Node 20 has hooks of modules in a thread of their own alone.
  const { registerHooks } = nodeModule as { registerHooks?: (hooks: object) => unknown }
  if (registerHooks === undefined) {
    nodeModule.register(new URL('es-modules.js', import.meta.url), { data: modules })
    return
  }
  initialize(modules)
  registerHooks({ load })
}
