import t from 'tap'
import ts from 'typescript'
import { packageFolder } from '../../lib/server/package.js'
import { createProgram, entryPoints, exportsOf, isHidden, resolve } from '../fixtures/entry-points.js'

const root = `${packageFolder}/`

const files = Object.values(entryPoints).map((file) => `${file}.ts`)
const program = createProgram(files)
const checker = program.getTypeChecker()

const isOurs = ({ fileName }: ts.SourceFile): boolean =>
  !fileName.includes('/node_modules/') && /\/(lib|plugins)\//.test(fileName.slice(root.length - 1))

/** What other types are computed with: nobody meets them by name. */
const computing = new Set([
  'AnyFunction',
  'ArgsOf',
  'ArrayOf',
  'AskedBy',
  'AssignsLike',
  'AssignsOf',
  'CallableNames',
  'FittingHooks',
  'Flat',
  'FunctionOf',
  'FunctionsOf',
  'HookAssigns',
  'JsonObject',
  'ObjectOf',
  'OfType',
  'Plain',
  'RequiredOf',
  'ReservedName',
  'SchemasByName'
])

/** Types that somebody who uses the module meets and cannot name, with where they meet them. */
function unnamed(file: string): string[] {
  const source = program.getSourceFile(root + file) as ts.SourceFile
  const exported = new Set(exportsOf(checker, checker.getSymbolAtLocation(source) as ts.Symbol).values())
  const missing = new Map<ts.Symbol, string>()
  const seen = new Set<ts.Symbol>()
  const visit = (symbol: ts.Symbol): void => {
    if (seen.has(symbol)) return
    seen.add(symbol)
    for (const declaration of symbol.declarations ?? []) {
      if (!isOurs(declaration.getSourceFile())) continue
      for (const node of signatures(declaration)) walk(node, symbol)
    }
  }
  const walk = (node: ts.Node, from: ts.Symbol): void => {
    // What a function does is hidden, and not what it takes and gives.
    if (isHidden(node) || ts.isBlock(node)) return
    const target = typeAt(node)
    if (target?.declarations?.some((each) => isOurs(each.getSourceFile()))) {
      if (!exported.has(target) && !computing.has(target.name)) missing.set(target, from.name)
      visit(target)
    }
    ts.forEachChild(node, (child) => walk(child, from))
  }
  for (const symbol of exported) visit(symbol)
  return [...missing].map(([symbol, from]) => `${symbol.name}, in ${from}`).sort()
}

/** The named type that stands there, or that the compiler finds out where none does. */
function typeAt(node: ts.Node): ts.Symbol | undefined {
  let symbol: ts.Symbol | undefined
  if (ts.isTypeReferenceNode(node)) symbol = checker.getSymbolAtLocation(node.typeName)
  else if (ts.isExpressionWithTypeArguments(node)) symbol = checker.getSymbolAtLocation(node.expression)
  else if (ts.isPropertyDeclaration(node) && node.type === undefined)
    symbol = checker.getTypeAtLocation(node).symbol
  if (symbol === undefined) return undefined
  const target = resolve(checker, symbol)
  return (target.flags & (ts.SymbolFlags.TypeParameter | ts.SymbolFlags.TypeLiteral)) === 0
    ? target
    : undefined
}

/** The parts of a declaration that a declaration file has. */
function signatures(declaration: ts.Node): ts.Node[] {
  if (ts.isSourceFile(declaration))
    return declaration.statements.filter((each) => !ts.isImportDeclaration(each))
  return [declaration]
}

for (const file of files) {
  t.test(`whatever type ${file} hands out can be named`, async (t) => {
    t.same(unnamed(file), [])
  })
}
