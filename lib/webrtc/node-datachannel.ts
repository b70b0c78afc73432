// The only module that imports node-datachannel, and the only one that loads it.
import { createRequire } from 'node:module'
import { familySync, MUSL } from 'detect-libc'
import type * as ndc from 'node-datachannel'
import { WebRtcUnavailable } from '../errors.js'

export type { RtcConfig } from 'node-datachannel'

/** Where node-datachannel comes from. */
export interface NativeSource {
  /** Whether its binary for this machine is there; false also where only loading it would tell. */
  isInstalled(): boolean
  load(): typeof ndc
}

const require = createRequire(import.meta.url)

/** The package as it is installed. */
export const installedSource: NativeSource = {
  isInstalled() {
    try {
      createRequire(require.resolve('node-datachannel')).resolve(binaryPackage())
      return true
    } catch {
      return false
    }
  },
  load: () => require('node-datachannel') as typeof ndc
}

/** What npm installs the binary as, by operating system, processor and C library. */
function binaryPackage(): string {
  const { platform, arch } = process
  const libraries: Partial<Record<NodeJS.Platform, string>> = {
    linux: familySync() === MUSL ? '-musl' : '-gnu',
    win32: '-msvc'
  }
  return `@node-datachannel/${platform}-${arch}${libraries[platform] ?? ''}`
}

/** Loads the library. Throws `PHX_ERR_WEBRTC_UNAVAILABLE` where it cannot be. */
export function loadNodeDataChannel(source: NativeSource = installedSource): typeof ndc {
  try {
    return source.load()
  } catch (err) {
    throw new WebRtcUnavailable(err instanceof Error ? err.message : String(err))
  }
}
