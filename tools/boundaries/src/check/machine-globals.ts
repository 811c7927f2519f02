/**
 * Finds globals of the machine in the sources: by the syntax tree and its scopes, so that a parameter named `process`
 * or a comment about `fetch` is none.
 *
 * On floors also what nobody can judge by reading it: a computed `import()`, a computed member of `globalThis`.
 *
 * Not here: imports of `node:*` (`rules.ts`). A global behind an alias of `globalThis` is not followed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { listSources, type LocatedRoom } from '../located-room.ts';
import { isTest } from '../path-pattern.ts';
import type { MachineAccess } from '../room-table.ts';
import { violation, type Violation } from '../rule-catalogue.ts';

/** `any`: which one is decided only when the code runs. */
type Faculty = 'time' | 'process' | 'output' | 'network' | 'bytes' | 'any';

/** What each global belongs to; `time` stands for clock, timers and randomness, which make a run unrepeatable. */
const FACULTY_OF: Readonly<Record<string, Faculty>> = {
  setTimeout: 'time',
  setInterval: 'time',
  setImmediate: 'time',
  clearTimeout: 'time',
  clearInterval: 'time',
  clearImmediate: 'time',
  performance: 'time',
  crypto: 'time',
  process: 'process',
  require: 'process',
  __dirname: 'process',
  __filename: 'process',
  navigator: 'process',
  console: 'output',
  fetch: 'network',
  WebSocket: 'network',
  EventSource: 'network',
  XMLHttpRequest: 'network',
  Buffer: 'bytes',
};

/** Globals of the language of which only one member belongs to the machine. */
const MEMBERS: Readonly<Record<string, string>> = { Date: 'now', Math: 'random' };

/** Uses of the machine that the rooms of the files do not allow. Tests are exempt. */
export function checkMachineGlobals(root: string, located: readonly LocatedRoom[]): readonly Violation[] {
  const accessOf = new Map<string, { access: MachineAccess; floor: boolean }>();
  for (const { room, folder, given } of located) {
    if (given || room.machine === 'all') continue;
    for (const file of listSources(root, `${folder}/src`)) {
      if (!isTest(file)) accessOf.set(file, { access: room.machine, floor: typeof room.floor === 'number' });
    }
  }
  const program = bind(root, [...accessOf.keys()]);
  const checker = program.getTypeChecker();
  return [...accessOf].flatMap(([file, { access, floor }]) => {
    const source = program.getSourceFile(file);
    if (source === undefined) return [];
    const forbidden = globalsOf(source, checker).filter(({ faculty }) =>
      faculty === 'any' ? floor : access === 'none' || faculty === 'time',
    );
    return forbidden.map(({ name, node }) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      return violation(floor ? 'neutral-floors' : 'machine-at-home', `${file}:${line + 1}`, `uses ${name}`);
    });
  });
}

interface GlobalUse {
  readonly name: string;
  readonly faculty: Faculty;
  readonly node: ts.Node;
}

/** A program without libraries and without resolution: whatever has no symbol in it is a global. */
function bind(root: string, files: readonly string[]): ts.Program {
  const options: ts.CompilerOptions = { noLib: true, noResolve: true, types: [], target: ts.ScriptTarget.ESNext };
  const host: ts.CompilerHost = {
    getSourceFile: (file, version) => {
      if (!files.includes(file)) return undefined;
      return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), version, true);
    },
    getDefaultLibFileName: () => 'lib.d.ts',
    writeFile: () => undefined,
    getCurrentDirectory: () => '',
    getCanonicalFileName: (file) => file,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (file) => files.includes(file),
    readFile: () => undefined,
  };
  return ts.createProgram([...files], options, host);
}

function globalsOf(source: ts.SourceFile, checker: ts.TypeChecker): readonly GlobalUse[] {
  const uses: GlobalUse[] = [];
  const visit = (node: ts.Node): void => {
    const use = ts.isIdentifier(node) ? useOf(node, checker) : (computedImport(node) ?? throughGlobalThis(node));
    if (use !== undefined) uses.push(use);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return uses;
}

function useOf(node: ts.Identifier, checker: ts.TypeChecker): GlobalUse | undefined {
  const faculty = FACULTY_OF[node.text];
  const member = MEMBERS[node.text];
  if ((faculty === undefined && member === undefined) || isOnlyAName(node) || isBound(node, checker)) return undefined;
  if (faculty !== undefined) return { name: node.text, faculty, node };
  const name = machineMember(node, member ?? '');
  return name === undefined ? undefined : { name, faculty: 'time', node };
}

/** Property names, labels and the like: text that refers to no variable. */
function isOnlyAName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node || parent.name === node;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isNamedTupleMember(parent) || ts.isTypePredicateNode(parent)) return true;
  if (ts.isExportSpecifier(parent)) {
    return parent.parent.parent.moduleSpecifier !== undefined || (parent.propertyName ?? parent.name) !== node;
  }
  return (parent as { readonly name?: ts.Node }).name === node;
}

function isBound(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  return (symbolOf(node, checker)?.declarations?.length ?? 0) > 0;
}

function symbolOf(node: ts.Identifier, checker: ts.TypeChecker): ts.Symbol | undefined {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return checker.getShorthandAssignmentValueSymbol(parent);
  if (ts.isExportSpecifier(parent)) return checker.getExportSpecifierLocalTargetSymbol(parent);
  return checker.getSymbolAtLocation(node);
}

/** How `Date` or `Math` is used, if the use reaches the machine: `Date.now`, `new Date()`, `Math.random`, or whole. */
function machineMember(node: ts.Identifier, member: string): string | undefined {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name.text === member ? `${node.text}.${member}` : undefined;
  if (ts.isElementAccessExpression(parent) && ts.isStringLiteralLike(parent.argumentExpression)) {
    return parent.argumentExpression.text === member ? `${node.text}.${member}` : undefined;
  }
  if (ts.isNewExpression(parent) && parent.expression === node) {
    return (parent.arguments?.length ?? 0) === 0 ? `new ${node.text}()` : undefined;
  }
  if (ts.isTypeReferenceNode(parent) || ts.isExpressionWithTypeArguments(parent)) return undefined;
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) return undefined;
  return `${node.text} as a value`;
}

function computedImport(node: ts.Node): GlobalUse | undefined {
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined;
  const [specifier] = node.arguments;
  if (specifier !== undefined && ts.isStringLiteralLike(specifier)) return undefined;
  return { name: 'import() of a computed name', faculty: 'any', node };
}

function throughGlobalThis(node: ts.Node): GlobalUse | undefined {
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return undefined;
  const global = withoutWrapping(node.expression);
  if (!ts.isIdentifier(global) || global.text !== 'globalThis') return undefined;
  const name = memberName(node);
  if (name === undefined) return { name: 'globalThis[...]', faculty: 'any', node };
  const faculty = FACULTY_OF[name];
  return faculty === undefined ? undefined : { name: `globalThis.${name}`, faculty, node };
}

/** `undefined` when the member is computed. */
function memberName(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  const member = withoutWrapping(node.argumentExpression);
  return ts.isStringLiteralLike(member) ? member.text : undefined;
}

/** The expression within brackets, type assertions and `!`, which change nothing about what it is. */
function withoutWrapping(node: ts.Expression): ts.Expression {
  const wrapped =
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isNonNullExpression(node);
  return wrapped ? withoutWrapping(node.expression) : node;
}
