/** Why a node is not ready; see {@link Health}. */
export type HealthReason =
  /** It is being drained or closed. */
  | 'draining'
  /** The engine of its cluster has been away for longer than the option `health.engineAwayMs` says. */
  | 'engine_away'
  /** WebRTC peers find no UDP port or address to bind. */
  | 'peers_cannot_bind'

/** Whether new clients should be sent to this node; those that it has are served either way. */
export interface Health {
  readonly ready: boolean
  /** Why it is not; empty while it is. */
  readonly reasons: readonly HealthReason[]
}

/** How health is judged. */
export interface HealthOptions {
  /**
   * Milliseconds for which the engine of the `cluster` may be away before this node is not ready; 0 is never, for
   * clusters that share one engine and would all be out of service with it. Default 10,000.
   */
  engineAwayMs: number
}

export const defaultHealthOptions: Readonly<HealthOptions> = Object.freeze({ engineAwayMs: 10_000 })

/** What health is judged by. */
export interface HealthSigns {
  readonly isDraining: boolean
  /** For how long the engine has been away; 0 while it is there. */
  readonly engineAwayMs: number
  readonly canBind: boolean
}

const ready: Health = Object.freeze({ ready: true, reasons: Object.freeze([]) })

export function healthOf(
  { isDraining, engineAwayMs, canBind }: HealthSigns,
  options: Readonly<HealthOptions>
): Health {
  const isEngineLost = options.engineAwayMs > 0 && engineAwayMs > options.engineAwayMs
  if (!isDraining && !isEngineLost && canBind) return ready
  const reasons: HealthReason[] = []
  if (isDraining) reasons.push('draining')
  if (isEngineLost) reasons.push('engine_away')
  if (!canBind) reasons.push('peers_cannot_bind')
  return Object.freeze({ ready: false, reasons: Object.freeze(reasons) })
}
