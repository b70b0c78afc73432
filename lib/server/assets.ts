import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { packageFolder } from './package.js'

/** One file of a page, ready to be sent. */
export interface Asset {
  /** Path of its URL; for the dashboard, below where that is mounted. */
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

/** What was copied beside what was compiled: the published `phoenix` and `uplot` as they are. */
const published = join(packageFolder, 'dist', 'lib', 'server', 'page')
const demo = join(packageFolder, 'lib', 'server', 'page')
const dashboard = join(packageFolder, 'lib', 'dashboard', 'page')

/** What the demo page has of the client helper, as it was compiled. */
const helper = ['recoverable.js', 'triggers.js'].map((name) =>
  join(packageFolder, 'dist', 'lib', 'client', name)
)

/** Files of the demo page that the dashboard has as well, so that the two look alike. */
const shared = ['theme.css', 'controls.css', 'parts.css', 'dom.js', 'icon.svg']

/** Reads what the demo page consists of. */
export function loadPage(): Asset[] {
  return [...filesOf(demo), ...helper, ...filesOf(published)].map(toAsset)
}

/** Reads what the page of the dashboard consists of. */
export function loadDashboard(): Asset[] {
  const common = shared.map((name) => join(demo, name))
  return [...filesOf(dashboard), ...common, ...filesOf(published)].map(toAsset)
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => extname(name) in contentTypes)
    .map((name) => join(folder, name))
}

function toAsset(file: string): Asset {
  const name = basename(file)
  const body = readFileSync(file)
  return {
    path: name === 'index.html' ? '/' : `/assets/${name}`,
    contentType: contentTypes[extname(file)] as string,
    body,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  }
}
