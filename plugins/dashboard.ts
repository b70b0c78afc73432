import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Dashboard } from '../lib/dashboard/dashboard.js'
import { noCookie } from '../lib/dashboard/sign-in.js'
import { QuietLine } from '../lib/log/quiet-line.js'
import { demand } from '../lib/options.js'
import { type Asset, loadDashboard } from '../lib/server/assets.js'
import { packageVersion } from '../lib/server/package.js'
import { wantedOrigin } from '../lib/transport/origin.js'
import { hiddenSchema, originRefusal, requestTarget, urlsOf } from './connect-request.js'
import { DashboardAccess, isOfOurPage, type Refused } from './dashboard-access.js'
import { type DashboardOptions, readDashboardOptions } from './dashboard-options.js'
import { DashboardSocket, type Viewer } from './dashboard-socket.js'
import { pageHeaders, sendAsset } from './page-headers.js'
import { serverOf } from './service.js'

const headers = pageHeaders()

/** Which have a dashboard. */
const shownServers = new WeakSet<ReturnType<typeof serverOf>>()

async function dashboard(app: FastifyInstance, options: DashboardOptions): Promise<void> {
  const settings = readDashboardOptions(options)
  const host = serverOf(app)
  demand('dashboard', !shownServers.has(host), 'is there already: a server has one, for all its mounts')
  shownServers.add(host)
  const { actions, token } = settings
  const signsIn = token !== undefined
  const shown = new Dashboard({ host, version: packageVersion(), actions, signsIn })
  app.addHook('onClose', async () => shown.stop())
  const access = new DashboardAccess(settings, host.clock)
  access.refuseExposure(app, settings.path)
  const socket = new DashboardSocket(app, `${settings.path}/socket`, shown)
  const routes = new Routes(app, settings.path, access, socket)
  const { logLevel } = options as { logLevel?: 'warn' }
  await app.register((scope) => routes.serve(scope), logLevel === undefined ? {} : { logLevel })
}

/** What the dashboard serves, and to whom. */
class Routes {
  readonly #path: string
  /** With the prefixes of the contexts that it is registered in. */
  readonly #base: string
  readonly #access: DashboardAccess
  readonly #socket: DashboardSocket
  readonly #viewers = new WeakMap<FastifyRequest, Viewer>()
  readonly #refused: QuietLine

  constructor(app: FastifyInstance, path: string, access: DashboardAccess, socket: DashboardSocket) {
    this.#path = path
    this.#base = app.prefix + path
    this.#access = access
    this.#socket = socket
    this.#refused = new QuietLine(serverOf(app).clock, (details) =>
      app.log.warn(details, 'refused a sign-in to the dashboard: the token is wrong')
    )
  }

  async serve(scope: FastifyInstance): Promise<void> {
    scope.addHook('onSend', async (_request, reply) => void reply.headers(headers))
    for (const asset of loadDashboard()) {
      if (asset.path === '/') this.#serveIndex(scope, asset)
      else this.#serveAsset(scope, asset)
    }
    this.#serveSession(scope)
    await scope.register(async (inner) => {
      inner.addHook('onRequest', (request, reply) => this.#admitSocket(request, reply))
      await this.#socket.serve(inner, (request) => this.#viewers.get(request))
    })
  }

  /** Where there is a token, the page itself asks for it. */
  #serveIndex(scope: FastifyInstance, asset: Asset): void {
    const { signIn } = this.#access
    for (const url of urlsOf(scope, this.#path)) {
      scope.get(url, { schema: hiddenSchema }, async (request, reply) => {
        const access = await this.#access.of(request)
        if ('refused' in access) {
          if (signIn === undefined || access.refused === 'too_many')
            return this.#refuse(request, reply, access.refused)
          reply.code(401).header('www-authenticate', 'Bearer')
        }
        // What the page asks for is relative to its own path.
        const [path = ''] = (request.raw.url ?? '').split('?')
        if (!path.endsWith('/')) {
          return 'refused' in access
            ? reply.type('text/html').send(goOn(`${this.#base}/`))
            : reply.redirect(`${this.#base}/`, 302)
        }
        // The answer to who may not is the form, and no news of what the browser has.
        if ('refused' in access) return reply.type(asset.contentType).send(asset.body)
        return sendAsset(request, reply, asset)
      })
    }
  }

  /** What the package has of the page is no secret, and the form needs it. */
  #serveAsset(scope: FastifyInstance, asset: Asset): void {
    const { signIn } = this.#access
    scope.get(`${this.#path}${asset.path}`, { schema: hiddenSchema }, async (request, reply) => {
      if (signIn === undefined) {
        const access = await this.#access.of(request)
        if ('refused' in access) return this.#refuse(request, reply, access.refused)
      }
      return sendAsset(request, reply, asset)
    })
  }

  #serveSession(scope: FastifyInstance): void {
    const url = `${this.#path}/session`
    scope.get(url, { schema: hiddenSchema }, async (request, reply) => {
      const access = await this.#access.of(request)
      return 'refused' in access ? this.#refuse(request, reply, access.refused) : reply.code(204).send()
    })
    const { signIn } = this.#access
    if (signIn === undefined) return
    const ofOurPage = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> =>
      isOfOurPage(request) ? undefined : this.#refuseOrigin(request, reply)
    scope.post(
      url,
      { schema: hiddenSchema, bodyLimit: 4096, onRequest: ofOurPage },
      async (request, reply) => {
        const { token } = Object(request.body) as Record<string, unknown>
        const attempt = signIn.try(typeof token === 'string' ? token : '', request.ip)
        if (attempt !== 'ok') return this.#refuse(request, reply, attempt)
        const isSecure = request.protocol === 'https'
        return reply.code(204).header('set-cookie', signIn.cookie(this.#base, isSecure)).send()
      }
    )
    scope.delete(url, { schema: hiddenSchema, onRequest: ofOurPage }, async (request, reply) =>
      reply
        .code(204)
        .header('set-cookie', noCookie(this.#base, request.protocol === 'https'))
        .send()
    )
  }

  async #admitSocket(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (!isOfOurPage(request)) return this.#refuseOrigin(request, reply)
    const access = await this.#access.of(request)
    if ('refused' in access) return this.#refuse(request, reply, access.refused)
    this.#viewers.set(request, { address: request.ip, until: access.until })
    return undefined
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, why: Refused): FastifyReply {
    const isTooMany = why === 'too_many'
    if (isTooMany || request.headers.authorization !== undefined || request.method === 'POST') {
      this.#refused.add({ address: request.ip })
    }
    if (isTooMany)
      return reply.code(429).header('retry-after', '60').type('text/plain').send('too many tokens\n')
    return reply.code(401).header('www-authenticate', 'Bearer').type('text/plain').send('sign in first\n')
  }

  #refuseOrigin(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { mount } = this.#socket
    const details = originRefusal(request, wantedOrigin('conn', undefined, requestTarget(request)))
    mount.refusals.add('origin', { ...details, address: request.ip })
    return reply.code(403).type('text/plain').send('this is of another page\n')
  }
}

/** Takes a browser elsewhere, whatever the status says. */
const goOn = (url: string): string =>
  `<!doctype html><title>Dashboard</title><meta http-equiv="refresh" content="0; url=${url}">`

/**
 * Serves a dashboard of this server, and of all nodes of its cluster that have one: its sockets, topics, peers, hooks
 * and refusals, live. Options are {@link DashboardOptions}. It records the last ten minutes from its registration on;
 * register it ahead of `listen`.
 *
 *     await app.register(dashboard, { token: process.env.DASHBOARD_TOKEN })
 *
 * Registering rejects with `PHX_ERR_OPTION_INVALID`, which names the option. Without `authorize` and `token` it is for
 * this machine alone: a server that listens elsewhere rejects its start with `PHX_ERR_DASHBOARD_EXPOSED`.
 */
export default fp(dashboard, { name: 'fastify-phoenix-dashboard', fastify: '5.x' })

export type { DashboardOptions } from './dashboard-options.js'
