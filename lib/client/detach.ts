/**
 * Lets the members of an object be used through a Proxy, as frameworks put around what they are given, and by
 * themselves: private fields belong to the object, and a Proxy has none. Vue does not even wrap it.
 */
export function detach(object: object): void {
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object))
  for (const member of Object.values<PropertyDescriptor>(members)) {
    if (member.get) member.get = member.get.bind(object)
    else member.value = member.value.bind(object)
  }
  Object.defineProperties(object, { ...members, __v_skip: { value: true } })
}
