/** Classes are functions that cannot be called; that their `prototype` is read-only tells them apart. */
export function isClass(value: unknown): boolean {
  return (
    typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false
  )
}
