import type { Context } from './swap-context.ts';
import type { SwapRow } from './swap-rows.ts';
import { type Node, nameOf } from './syntax.ts';

/** Swaps an `import … from` or `export … from`: all of it, or the names that move, which get one of their own. */
export function swapDeclaration(node: Node, row: SwapRow, context: Context): void {
  const source = node.source as Node;
  const specifiers = (node.specifiers ?? []) as readonly Node[];
  if (node.type === 'ExportAllDeclaration') {
    if (row.moves === undefined) context.replaceModule(source, row);
    else if (row.from !== 'typeorm')
      context.leave(node, `only ${row.moves.join(' and ')} would move to '${row.to}': export them by name`);
    return;
  }
  const moving = specifiers.filter((one) => isMoving(one, row, context));
  const whole = specifiers.find(({ type }) => type === 'ImportNamespaceSpecifier');
  if (whole !== undefined && row.moves !== undefined && mentions(row, whole, context)) {
    const [name] = row.moves;
    context.leave(node, `only ${row.moves.join(' and ')} would move: import { ${name} } from '${row.to}'`);
    return;
  }
  if (moving.length === 0) {
    leaveLacking(specifiers, row, node, context);
    return;
  }
  if (moving.length === specifiers.length) {
    context.replaceModule(source, row);
    return;
  }
  leaveLacking(specifiers, row, node, context);
  split(node, specifiers, moving, row, context);
}

function leaveLacking(specifiers: readonly Node[], row: SwapRow, node: Node, context: Context): void {
  const lacking = specifiers
    .map(importedName)
    .filter((name) => name !== undefined && row.lacks?.includes(name));
  if (lacking.length > 0) context.leave(node, `'${row.to}' has no ${lacking.join(', ')}`);
}

/** Whether a name that would move is used of a whole module: `K.PostgresDialect`. */
function mentions(row: SwapRow, { local }: Node, { text, moves }: Context): boolean {
  const names = (row.moves ?? []).filter((name) => moves(row, name));
  return names.some((name) => new RegExp(`\\b${nameOf(local)}\\s*\\.\\s*${name}\\b`).test(text));
}

function isMoving(specifier: Node, row: SwapRow, { moves }: Context): boolean {
  if (specifier.type === 'ImportDefaultSpecifier') return row.moves === undefined;
  if (specifier.type === 'ImportNamespaceSpecifier') return row.moves === undefined;
  const name = importedName(specifier);
  return name !== undefined && moves(row, name);
}

function importedName(specifier: Node): string | undefined {
  return nameOf(specifier.type === 'ExportSpecifier' ? specifier.local : specifier.imported);
}

/** The names that stay keep their statement; those that move get one in front of it. */
function split(
  node: Node,
  specifiers: readonly Node[],
  moving: readonly Node[],
  row: SwapRow,
  context: Context,
): void {
  const { text } = context;
  const inner = text.slice(node.start, (node.source as Node).start);
  if (/\/[/*]/.test(inner)) {
    context.leave(node, 'there are comments among its names: split it by hand');
    return;
  }
  const source = node.source as Node;
  const textOf = (one: Node) => text.slice(one.start, one.end);
  const keyword = node.type === 'ImportDeclaration' ? 'import' : 'export';
  const kind = node.importKind === 'type' || node.exportKind === 'type' ? ' type' : '';
  const quote = text[source.start] ?? "'";
  const end = text[node.end - 1] === ';' ? ';' : '';
  const list = (names: readonly Node[]) => names.map(textOf).join(', ');
  const line = `${keyword}${kind} { ${list(moving)} } from ${quote}${row.to}${quote}${end}`;
  const staying = specifiers.filter((one) => !moving.includes(one));
  context.edit({
    start: node.start,
    end: source.start,
    text: `${line}${newlineOf(text)}${indentAt(text, node.start)}${keyword}${kind} ${stay(staying, inner, list)} from `,
  });
  context.swapped(row);
}

function stay(staying: readonly Node[], inner: string, list: (names: readonly Node[]) => string): string {
  const unbraced = staying.filter(({ type }) => type === 'ImportDefaultSpecifier');
  const braced = staying.filter(({ type }) => type !== 'ImportDefaultSpecifier');
  const indent = /\{\s*?\n([ \t]*)/.exec(inner)?.[1];
  const names =
    indent === undefined || braced.length === 1
      ? `{ ${list(braced)} }`
      : `{${braced.map((one) => `\n${indent}${list([one])},`).join('')}\n}`;
  return [...(unbraced.length > 0 ? [list(unbraced)] : []), ...(braced.length > 0 ? [names] : [])].join(', ');
}

export function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** The white space that the line begins with. */
export function indentAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, at))?.[0] ?? '';
}
