import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join } from 'node:path'
import { packageFolder } from './package.js'

/** One file of the demo page, ready to be sent. */
export interface Asset {
  /** Path of its URL. */
  path: string
  contentType: string
  body: Buffer
  /** Changes with the content. */
  etag: string
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml'
}

const require = createRequire(import.meta.url)
const pageFolder = join(packageFolder, 'lib', 'server', 'page')

/**
 * Reads what the demo page consists of: its own files, and the published `phoenix` and `uplot`
 * packages as they are.
 */
export function loadPage(): Asset[] {
  const own = readdirSync(pageFolder).filter((name) => extname(name) in contentTypes)
  const files = [
    ...own.map((name) => join(pageFolder, name)),
    join(dirname(require.resolve('phoenix')), 'phoenix.mjs'),
    require.resolve('uplot/dist/uPlot.esm.js'),
    require.resolve('uplot/dist/uPlot.min.css')
  ]
  return files.map(toAsset)
}

function toAsset(file: string): Asset {
  const name = basename(file)
  const body = readFileSync(file)
  return {
    path: name === 'index.html' ? '/' : `/assets/${name}`,
    contentType: contentTypes[extname(name)] as string,
    body,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  }
}
