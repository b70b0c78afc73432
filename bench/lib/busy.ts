import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Keeps every core busy until the function it returns is called. */
export function keepCoresBusy(): () => void {
  const spinning: ChildProcess[] = []
  for (let core = 0; core < availableParallelism(); core++) {
    // Asks its parent now and then, so that it does not outlive a runner that was killed.
    const loop = `const { ppid } = process
      const spin = () => {
        for (const end = performance.now() + 100; performance.now() < end;);
        if (process.ppid === ppid) setImmediate(spin)
      }
      spin()`
    spinning.push(spawn(process.execPath, ['-e', loop], { stdio: 'ignore' }))
  }
  return () => {
    for (const child of spinning) child.kill('SIGKILL')
  }
}
