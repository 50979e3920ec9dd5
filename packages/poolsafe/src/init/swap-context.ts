import { rowFor, type SwapRow, whyWithout } from './swap-rows.ts';
import { type Node, nameOf, stringOf } from './syntax.ts';

/** A piece of text that takes the place of another. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Something that stays as it is, and why. */
export interface Left {
  readonly line: number;
  readonly what: string;
  readonly why: string;
}

/** What the parts of a file are looked at with. */
export interface Context {
  readonly text: string;
  /** The names that move of a module, in this file. */
  moves(row: SwapRow, name: string): boolean;
  edit(edit: Edit): void;
  /** Notes that imports of a module were swapped. */
  swapped(row: SwapRow): void;
  /** Replaces the name of the module in a string literal. */
  replaceModule(literal: Node, row: SwapRow): void;
  leave(node: Node, why: string): void;
}

/** Does something where a literal names a module of the rows, and says so where there is no counterpart. */
export function withRow(node: Node, literal: unknown, context: Context, work: (row: SwapRow) => void): void {
  const module = stringOf(literal);
  if (module === undefined) return;
  const row = rowFor(module);
  const why = whyWithout(module);
  if (row !== undefined) work(row);
  else if (why !== undefined) context.leave(node, why);
}

/** A whole module goes by one name, where all of it moves. */
export function swapWhole(node: Node, literal: Node, row: SwapRow, context: Context): void {
  if (row.moves === undefined) {
    context.replaceModule(literal, row);
    return;
  }
  if (row.from === 'typeorm' && !context.moves(row, 'DataSource')) return;
  context.leave(
    node,
    `only ${row.moves.join(' and ')} would move to '${row.to}', and this has the whole module`,
  );
}

/** The literal `type` of an object with options. */
export function typeOf(options: Node): string | undefined {
  if (options.type !== 'ObjectExpression') return undefined;
  const property = (options.properties as readonly Node[]).find(({ key }) => nameOf(key) === 'type');
  return stringOf(property?.value);
}
