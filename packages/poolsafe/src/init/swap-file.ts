import { swapCall } from './swap-call.ts';
import { type Context, type Edit, type Left, swapWhole, typeOf, withRow } from './swap-context.ts';
import { swapDeclaration } from './swap-declaration.ts';
import { swapNest } from './swap-nest.ts';
import { moves } from './swap-rows.ts';
import { lineAt, type Node, nameOf, nodesOf, type Placed, parseFile, stringOf } from './syntax.ts';

/** What becomes of a file. */
export interface SwappedFile {
  readonly text: string;
  readonly left: readonly Left[];
  /** The modules whose imports were swapped. */
  readonly swapped: readonly string[];
}

/**
 * Swaps the imports of a file.
 *
 * @throws {Error} with the line where it cannot be parsed.
 */
export function swapFile(path: string, text: string): SwappedFile {
  const program = parseFile(path, text);
  const placed = [...nodesOf(program)];
  const edits: Edit[] = [];
  const left: Left[] = [];
  const swapped: string[] = [];
  const made = dataSources(placed);
  const context: Context = {
    text,
    // A class that is injected is found by its identity: only where it is made, another one takes its place.
    moves: (row, name) => moves(row, name) && (row.from !== 'typeorm' || made),
    edit: (edit) => edits.push(edit),
    swapped: (row) => swapped.push(row.from),
    replaceModule(literal, row) {
      swapped.push(row.from);
      edits.push({ start: literal.start + 1, end: literal.end - 1, text: row.to });
    },
    leave(node, why) {
      const what = text.slice(node.start, node.end).split('\n')[0]?.trim() ?? '';
      left.push({ line: lineAt(text, node.start), what: what.slice(0, 100), why });
    },
  };
  for (const one of placed) look(one, context);
  swapNest(placed, context);
  return { text: applied(text, edits), left, swapped };
}

function look({ node, parents }: Placed, context: Context): void {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      withRow(node, node.source, context, (row) => swapDeclaration(node, row, context));
      return;
    case 'CallExpression':
      swapCall(node, parents, context);
      return;
    case 'ImportExpression':
      withRow(node, node.source, context, (row) => swapWhole(node, node.source as Node, row, context));
      return;
    case 'TSExternalModuleReference':
      withRow(node, node.expression, context, (row) =>
        row.isFunction
          ? context.leave(node, `an ES module is no function: import … from '${row.to}'`)
          : swapWhole(node, node.expression as Node, row, context),
      );
      return;
    case 'TSImportType':
      swapImportType(node, context);
      return;
    case 'TSModuleDeclaration':
      withRow(node, node.id, context, () =>
        context.leave(
          node,
          'it adds to the types of the module: they hold for the poolsafe package where it hands them on',
        ),
      );
      return;
    default:
  }
}

function swapImportType(node: Node, context: Context): void {
  const literal = (node.source ?? node.argument) as Node;
  withRow(node, literal, context, (row) => {
    const { qualifier } = node as { qualifier?: unknown };
    const name = nameOf(qualifier);
    if (row.moves === undefined || (name !== undefined && context.moves(row, name)))
      context.replaceModule(literal, row);
  });
}

/** Whether the file makes a data source of PostgreSQL, outside of NestJS. */
function dataSources(placed: readonly Placed[]): boolean {
  const imported = placed.some(({ node }) => stringOf(node.source)?.startsWith('@nestjs/'));
  return (
    !imported &&
    placed.some(({ node }) => {
      if (node.type !== 'NewExpression') return false;
      const callee = node.callee as Node;
      const name = callee.type === 'MemberExpression' ? nameOf(callee.property) : nameOf(callee);
      const [options] = node.arguments as readonly Node[];
      const type = options && typeOf(options);
      return name === 'DataSource' && (type === undefined || type === 'postgres');
    })
  );
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: more } of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    result += text.slice(at, start) + more;
    at = end;
  }
  return result + text.slice(at);
}
