import { extname } from 'node:path';
import { parseSync } from 'oxc-parser';
import { languages } from './languages.ts';

/** A node of the syntax tree, as far as it is read. https://github.com/estree/estree, and typescript-eslint's for TypeScript */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A node with the nodes around it, the nearest first. */
export interface Placed {
  readonly node: Node;
  readonly parents: readonly Node[];
}

/**
 * Parses a file.
 *
 * @throws {Error} with the line where it is no JavaScript or TypeScript.
 */
export function parseFile(path: string, text: string): Node {
  const lang = languages[extname(path)] ?? 'ts';
  const { program, errors } = parseSync(path, text, { lang, sourceType: 'unambiguous' });
  const [error] = errors.filter(({ severity }) => severity === 'Error');
  if (error !== undefined) {
    const at = error.labels[0]?.start ?? 0;
    throw new Error(`line ${lineAt(text, at)}: ${error.message}`);
  }
  return program as unknown as Node;
}

/** All nodes of a tree, each with those around it. */
export function* nodesOf(node: Node, parents: readonly Node[] = []): Generator<Placed> {
  yield { node, parents };
  const inner = [node, ...parents];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* nodesOf(child, inner);
    }
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The text of a string literal. */
export function stringOf(node: unknown): string | undefined {
  if (!isNode(node) || node.type !== 'Literal') return undefined;
  return typeof node.value === 'string' ? node.value : undefined;
}

/** The name of an identifier, or the text of a string in its place. */
export function nameOf(node: unknown): string | undefined {
  if (isNode(node) && node.type === 'Identifier') return String(node.name);
  return stringOf(node);
}

/** The number of the line, from 1. */
export function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
