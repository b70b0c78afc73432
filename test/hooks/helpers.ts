import type { HookPlugin } from '../../lib/hooks/define.js'
import { Hooks } from '../../lib/hooks/hooks.js'
import type { HookSession } from '../../lib/hooks/session.js'
import type { HookCaller, HookRequest, HookResult } from '../../lib/hooks/types.js'
import { defaultLimits, type Limits } from '../../lib/limits/limits.js'
import { UserBudget } from '../../lib/limits/user-budgets.js'
import { type Logger, silentLogger } from '../../lib/util/logger.js'
import { FakeClock } from '../fixtures/fake-clock.js'

export interface LogLine {
  level: 'warn' | 'error'
  message: string
  details: Record<string, unknown>
}

/** A logger that keeps its warnings and errors. */
export function memoryLog(): Logger & { lines: LogLine[] } {
  const lines: LogLine[] = []
  const keep = (level: LogLine['level']) => (details: object, message: string) => {
    lines.push({ level, message, details: { ...details } })
  }
  return { ...silentLogger, warn: keep('warn'), error: keep('error'), lines }
}

export interface World {
  hooks: Hooks
  session: HookSession
  caller: HookCaller
  clock: FakeClock
  log: ReturnType<typeof memoryLog>
  pushed: unknown[][]
  /** Calls `fn` of the first plugin. */
  call(fn: string, ...args: unknown[]): HookResult | Promise<HookResult>
}

/** Alice, joined, with these plugins. */
export function world(plugins: HookPlugin[], limits: Partial<Limits> = {}): World {
  const clock = new FakeClock()
  const log = memoryLog()
  const allLimits = { ...defaultLimits, ...limits }
  const hooks = new Hooks({ plugins, limits: allLimits, clock, log })
  const pushed: unknown[][] = []
  const caller: HookCaller = {
    userId: 'alice',
    socket: { id: 'user_socket:alice', transport: 'websocket', path: '/socket', node: 'a' },
    assigns: { role: 'mage' },
    topic: 'user:alice',
    pattern: 'user:*',
    transport: 'websocket',
    log,
    budget: new UserBudget(allLimits),
    push: (...args) => void pushed.push(['push', ...args]),
    sendData: (...args) => {
      pushed.push(['sendData', ...args])
      return { sent: 1, held: 0, pushed: 0, dropped: 0 }
    }
  }
  const session = hooks.session(caller)
  const call = (fn: string, ...args: unknown[]) => session.call(request(plugins[0]?.name ?? '', fn, args))
  return { hooks, session, caller, clock, log, pushed, call }
}

export function request(hookPlugin: string, fn: string, args?: unknown, bytes = 100): HookRequest {
  return { hookPlugin, fn, args, bytes, transport: 'websocket' }
}

export const ok = (json: string): HookResult => ({ ok: true, json })
export const failed = (reason: string): HookResult => ({ ok: false, reason })
