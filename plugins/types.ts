import type { PhoenixService } from './phoenix-service.js'

declare module 'fastify' {
  interface FastifyInstance {
    phoenix: PhoenixService
  }
}
