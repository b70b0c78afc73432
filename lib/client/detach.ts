/**
 * Lets the members of an object be used through a Proxy, as frameworks put around what they are given, and by
 * themselves: private fields belong to the object, and a Proxy has none. Vue does not even wrap it.
 */
export function detach(object: object): void {
  const { constructor: _, ...members } = membersOf(Object.getPrototypeOf(object))
  for (const member of Object.values(members)) {
    if (member.get) member.get = member.get.bind(object)
    else if (typeof member.value === 'function') member.value = member.value.bind(object)
  }
  Object.defineProperties(object, { ...members, __v_skip: { value: true } })
}

/** Of the prototypes, those that a subclass inherits included. */
function membersOf(prototype: object): Record<string, PropertyDescriptor> {
  if (prototype === Object.prototype) return {}
  return { ...membersOf(Object.getPrototypeOf(prototype)), ...Object.getOwnPropertyDescriptors(prototype) }
}
