import { isObject } from './is-object.js'
import { isThenable } from './thenable.js'

/**
 * Whether it is an object of names and values as an application writes one: plain, of a class of its own, or what a
 * module exports. A Date, an Error, a Map, a promise and all else that JavaScript and Node have classes for is none.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && builtInClass(value) === undefined && !isPromise(value)
}

/**
 * The class that JavaScript or Node has for an object, also where it is of a class that extends it; undefined for
 * plain objects and those of an application's own classes.
 */
export function builtInClass(value: object): string | undefined {
  // The tag is the same for objects of another realm, and no class of an application has the name of a global one.
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1)
  return tag !== 'Object' && typeof Reflect.get(globalThis, tag) === 'function' ? tag : undefined
}

/** One of a library's own, too; an event or a hook may be called `then`, which is a member of the object itself. */
function isPromise(value: object): boolean {
  return isThenable(value) && !Object.hasOwn(value, 'then')
}
