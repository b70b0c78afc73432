import type { PhoenixService } from './service.js'

declare module 'fastify' {
  interface FastifyInstance {
    phoenix: PhoenixService
  }
}
