// The room of OpenTelemetry: spans and measures of what a server tells on its diagnostics channels.
import type { Meter } from '@opentelemetry/api'
import { Listening } from '../diagnostics/listening.js'
import { Measures } from './measures.js'
import type { ObservedServer } from './observed-server.js'
import { Spans } from './spans.js'
import type { TracerSource } from './tracer-source.js'

export interface TelemetryOptions {
  readonly server: ObservedServer
  /** Makes the spans; undefined for none. */
  readonly tracers: TracerSource | undefined
  /** Takes the measures; undefined for none. */
  readonly meter: Meter | undefined
  /** Whether spans have whole topics. */
  readonly topics: boolean
}

/** Spans and measures of one server, until it is closed. */
export class Telemetry {
  readonly #listening = new Listening()

  constructor({ server, tracers, meter, topics }: TelemetryOptions) {
    if (tracers !== undefined) new Spans({ server, tracers, topics }, this.#listening)
    if (meter !== undefined) new Measures(server, meter, this.#listening)
  }

  /** Listens no more. What has not come to its end is not told of. */
  close(): void {
    this.#listening.close()
  }
}
