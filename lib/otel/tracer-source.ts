import { ProxyTracerProvider, type Tracer, type TracerProvider, trace } from '@opentelemetry/api'

/** By which name spans and measures say whose they are. */
export const scope = 'fastify-phoenix'

/** A tracer, as soon as there is one: an SDK may be started behind the server. */
export class TracerSource {
  readonly #provider: TracerProvider
  readonly #version: string
  #tracer: Tracer | undefined

  /** `provider`: default is the global one. */
  constructor(version: string, provider: TracerProvider = trace.getTracerProvider()) {
    this.#provider = provider
    this.#version = version
  }

  /** Undefined while nobody has set up any. */
  get tracer(): Tracer | undefined {
    if (this.#tracer !== undefined) return this.#tracer
    this.#tracer =
      this.#provider instanceof ProxyTracerProvider
        ? this.#provider.getDelegateTracer(scope, this.#version)
        : this.#provider.getTracer(scope, this.#version)
    return this.#tracer
  }
}
