import { defineHooks, type HookPlugin } from '../hooks/define.js'
import { systemClock } from '../time/clock.js'

/**
 * The plugin `demo`: what the reference server offers when it is given no hooks of its own.
 *
 * @param nodes Names of all nodes, that of this one first.
 */
export function demoHooks(nodes: () => readonly string[] = () => []): HookPlugin {
  return defineHooks(
    'demo',
    {
      /** Answers what it was sent. */
      echo(_call, value: unknown) {
        return value
      },
      add(_call, a: number, b: number) {
        return a + b
      },
      /** Whom the server takes the caller for, and what the call came over. */
      whoami(call) {
        return { user_id: call.userId, transport: call.transport }
      },
      /** The server's time in milliseconds since 1970. */
      time() {
        return systemClock.date()
      },
      /** Which node of how many answers. */
      node() {
        const [node, ...others] = nodes()
        return { node, nodes: others.length + 1 }
      }
    },
    { schemas: { add: { args: [{ type: 'number' }, { type: 'number' }], reply: { type: 'number' } } } }
  )
}
