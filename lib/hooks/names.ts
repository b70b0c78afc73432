/** Functions of a plugin that the server runs, and no client ever. */
export const lifecycleNames = [
  'after_startup',
  'before_stop',
  'after_user_joined',
  'after_user_left'
] as const

export type LifecycleName = (typeof lifecycleNames)[number]

export function isLifecycleName(name: string): name is LifecycleName {
  return (lifecycleNames as readonly string[]).includes(name)
}

/**
 * Whether a client may never call a function of that name: the lifecycle, what starts with `_`, and
 * what every object inherits, such as `constructor`.
 */
export function isReservedName(name: string): boolean {
  return isLifecycleName(name) || name.startsWith('_') || isInheritedName(name)
}

/** Whether every object has something of that name. */
export function isInheritedName(name: string): boolean {
  return name in Object.prototype
}
