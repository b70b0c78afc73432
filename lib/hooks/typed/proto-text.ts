import { createRequire } from 'node:module'
import type { Namespace, NamespaceBase, ReflectionObject, Type } from 'protobufjs'
import { lazy } from '../../util/lazy.js'

type Protobuf = typeof import('protobufjs')

/**
 * The protobuf library, loaded when the first proto text is there: it takes 20 ms and 9 MB, which
 * a server without typed hooks has no use for.
 */
export const protobuf = lazy(() => createRequire(import.meta.url)('protobufjs') as Protobuf)

/** The messages of a proto text, by name. */
export type Messages = ReadonlyMap<string, Type>

/**
 * Parses the text of a proto3 file. Throws what is wrong with it: it does not parse, is no proto3,
 * imports another one, or is something that the library takes although protoc does not.
 *
 * @returns the messages of its package, without those inside of others.
 */
export function parseProto(text: unknown): Messages {
  if (typeof text !== 'string') throw new TypeError('it must be the text of a proto file')
  if (!/^\s*syntax\s*=\s*(["'])proto3\1\s*;/m.test(text))
    throw new SyntaxError('it must say syntax = "proto3"')
  // The library would leave it out without a word.
  if (/\b__proto__\b/.test(text)) throw new SyntaxError('nothing can be named __proto__')
  const { parse } = protobuf()
  const { root, package: name, imports, weakImports } = parse(text, { keepCase: true })
  const [imported] = [...(imports ?? []), ...(weakImports ?? [])]
  if (imported !== undefined) throw new SyntaxError(`it cannot import ${imported}: imports are not supported`)
  root.resolveAll()
  checkNamespace(root)
  return messagesOf(name === undefined ? root : (root.lookup(name) as Namespace))
}

function messagesOf(namespace: NamespaceBase): Messages {
  const { Type } = protobuf()
  const messages = new Map<string, Type>()
  for (const object of namespace.nestedArray) if (object instanceof Type) messages.set(object.name, object)
  return messages
}

const [firstReserved, lastReserved] = [19_000, 19_999]

/** The rules of proto3 that the library does not hold a text to. */
function checkNamespace(namespace: NamespaceBase): void {
  const { Type, Field } = protobuf()
  if (namespace instanceof Type)
    for (const field of namespace.fieldsArray) checkFieldNumber(field.fullName, field.id)
  for (const object of namespace.nestedArray) {
    if (object instanceof Field) throw new SyntaxError(`${object.fullName}: extensions are not supported`)
    checkEnum(object)
    if (isNamespace(object)) checkNamespace(object)
  }
}

function checkFieldNumber(field: string, id: number): void {
  if (id < 1 || (id >= firstReserved && id <= lastReserved))
    throw new SyntaxError(`${field} cannot be number ${id}`)
}

function checkEnum(object: ReflectionObject): void {
  const { Enum } = protobuf()
  if (!(object instanceof Enum)) return
  const [first] = Object.values(object.values)
  if (first !== 0) throw new SyntaxError(`the first value of ${object.fullName} must be 0`)
}

function isNamespace(object: ReflectionObject): object is NamespaceBase {
  return object instanceof protobuf().Namespace || object instanceof protobuf().Type
}
