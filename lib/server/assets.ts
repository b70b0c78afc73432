import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
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

/** The page's own files, and beside what was compiled the published `phoenix` and `uplot` as they are. */
const folders = [
  join(packageFolder, 'lib', 'server', 'page'),
  join(packageFolder, 'dist', 'lib', 'server', 'page')
]

const dashboardFolder = join(packageFolder, 'lib', 'dashboard', 'page')

/** Reads what the demo page consists of. */
export function loadPage(): Asset[] {
  return folders.flatMap(assetsIn)
}

/** Reads what the page of the dashboard consists of: its own files, and what it has in common with the demo page. */
export function loadDashboard(): Asset[] {
  const assets = new Map<string, Asset>()
  for (const asset of [...loadPage(), ...assetsIn(dashboardFolder)]) assets.set(asset.path, asset)
  return [...assets.values()]
}

function assetsIn(folder: string): Asset[] {
  return readdirSync(folder)
    .filter((name) => extname(name) in contentTypes)
    .map((name) => toAsset(join(folder, name)))
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
