/**
 * Finds functions that are longer than a function should be, by the syntax tree.
 *
 * Not here: long files and the budget of a room (`line-budget.ts`).
 */
import ts from 'typescript';

/** A function with more lines is usually two things. */
export const FUNCTION_LINES_MAX = 70;

/** One long function. */
export interface LongFunction {
  readonly file: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly name: string;
  /** Units: lines from its first word to its closing brace, inner functions included. */
  readonly lines: number;
}

/** The long functions of a source, from the top down. */
export function findLongFunctions(file: string, text: string): readonly LongFunction[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const long: LongFunction[] = [];
  const visit = (node: ts.Node): void => {
    const first = lineOf(node.getStart(source));
    const lines = lineOf(node.end) - first + 1;
    // What is short as a whole holds nothing long.
    if (lines <= FUNCTION_LINES_MAX) return;
    if (hasBody(node)) long.push({ file, line: first, name: nameOf(node), lines });
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return long;
}

function hasBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

/** The name that it was declared with or stored under. */
function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const { parent } = node;
  const stored =
    ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent);
  return (node.name ?? (stored ? parent.name : undefined))?.getText() ?? 'a function without a name';
}
