import { type Context, swapWhole, withRow } from './swap-context.ts';
import { indentAt, newlineOf } from './swap-declaration.ts';
import type { SwapRow } from './swap-rows.ts';
import { isNode, type Node, nameOf } from './syntax.ts';

const mocks = [
  'mock',
  'doMock',
  'unmock',
  'dontMock',
  'unstable_mockModule',
  'requireActual',
  'importActual',
  'requireMock',
];

/** Swaps `require()`, and leaves what names a module for another purpose. */
export function swapCall(node: Node, parents: readonly Node[], context: Context): void {
  const callee = node.callee as Node;
  const [literal] = node.arguments as readonly Node[];
  if (nameOf(callee) === 'require' && callee.type === 'Identifier') {
    withRow(node, literal, context, (row) => swapRequire(node, literal as Node, parents, row, context));
    return;
  }
  const method = callee.type === 'MemberExpression' ? nameOf(callee.property) : undefined;
  if (method === undefined || !mocks.includes(method)) return;
  withRow(node, literal, context, (row) => {
    if (row.from !== 'typeorm')
      context.leave(node, `it concerns the module by its name: '${row.to}' is what is loaded now`);
  });
}

function swapRequire(
  node: Node,
  literal: Node,
  [parent, around]: readonly Node[],
  row: SwapRow,
  context: Context,
): void {
  if (parent?.type === 'MemberExpression' && parent.object === node) {
    const name = nameOf(parent.property);
    if (name !== undefined && (row.isFunction || context.moves(row, name)))
      context.replaceModule(literal, row);
    return;
  }
  const pattern = parent?.type === 'VariableDeclarator' && isNode(parent.id) ? parent.id : undefined;
  if (pattern?.type === 'ObjectPattern') {
    swapPattern(node, literal, pattern, around, row, context);
    return;
  }
  if (!row.isFunction) {
    swapWhole(node, literal, row, context);
    return;
  }
  if (pattern?.type !== 'Identifier' && parent?.type !== 'CallExpression') {
    context.leave(node, `an ES module is no function: require('${row.to}').default`);
    return;
  }
  context.replaceModule(literal, row);
  context.edit({ start: node.end, end: node.end, text: '.default' });
}

/** `const { A, B } = require('x')`: in two, where not all of them move. */
function swapPattern(
  node: Node,
  literal: Node,
  pattern: Node,
  declaration: Node | undefined,
  row: SwapRow,
  context: Context,
): void {
  const { text, moves } = context;
  const properties = pattern.properties as readonly Node[];
  const moving = properties.filter(({ key }) => moves(row, nameOf(key) ?? ''));
  if (moving.length === 0) return;
  if (row.isFunction) {
    context.leave(node, 'it is taken apart: an ES module has the function as `default`');
    return;
  }
  if (moving.length === properties.length) {
    context.replaceModule(literal, row);
    return;
  }
  const others = (declaration?.declarations ?? []) as readonly Node[];
  const isPlain = properties.every(({ type }) => type === 'Property') && others.length === 1;
  const inner = text.slice(pattern.start, pattern.end);
  if (declaration === undefined || !isPlain || /\/[/*]/.test(inner)) {
    context.leave(
      node,
      `split it by hand: ${moving.map(({ key }) => nameOf(key)).join(', ')} of '${row.to}'`,
    );
    return;
  }
  const list = (names: readonly Node[]) => names.map(({ start, end }) => text.slice(start, end)).join(', ');
  const staying = properties.filter((one) => !moving.includes(one));
  const kind = String(declaration.kind);
  const end = text[declaration.end - 1] === ';' ? ';' : '';
  const call = text.slice(node.start, literal.start + 1) + row.to + text.slice(literal.end - 1, node.end);
  const line = `${kind} { ${list(moving)} } = ${call}${end}${newlineOf(text)}${indentAt(text, declaration.start)}`;
  context.edit({ start: declaration.start, end: declaration.start, text: line });
  context.edit({ start: pattern.start, end: pattern.end, text: `{ ${list(staying)} }` });
  context.swapped(row);
}
