import { type Context, typeOf } from './swap-context.ts';
import { newlineOf } from './swap-declaration.ts';
import { type Node, nameOf, type Placed, stringOf } from './syntax.ts';

const README = 'packages/typeorm/README.md, "NestJS"';

/**
 * `TypeOrmModule.forRoot({ type: 'postgres', … })`: its options go through `withPoolsafe()`. What is not written there
 * as an object stays, since it may be something else than PostgreSQL.
 */
export function swapNest(placed: readonly Placed[], context: Context): void {
  const imports = placed.filter(({ node }) => node.type === 'ImportDeclaration').map(({ node }) => node);
  if (!imports.some(({ source }) => stringOf(source) === '@nestjs/typeorm')) return;
  const isDone = imports.some(({ source }) => stringOf(source) === '@poolsafe/typeorm');
  const calls = placed.filter(({ node }) => isForRoot(node)).map(({ node }) => node);
  const certain = calls.filter((call) => !isDone && isCertain(call));
  for (const call of calls) {
    if (!isDone && !certain.includes(call))
      context.leave(call, `its options are not written here as PostgreSQL's: ${README}`);
  }
  if (certain.length === 0) return;
  for (const call of certain) {
    const [options] = call.arguments as readonly Node[];
    if (options === undefined) continue;
    context.edit({ start: options.start, end: options.start, text: 'withPoolsafe(' });
    context.edit({ start: options.end, end: options.end, text: ')' });
  }
  addImport(imports, context);
}

function isForRoot({ type, callee }: Node): boolean {
  const { object, property } = (callee ?? {}) as Node;
  const isCall = type === 'CallExpression' && nameOf(object) === 'TypeOrmModule';
  return isCall && (nameOf(property) === 'forRoot' || nameOf(property) === 'forRootAsync');
}

/** With `migrationsRun` it would be refused: there, NestJS is to make the data source of poolsafe. */
function isCertain({ callee, arguments: given }: Node): boolean {
  const [options] = given as readonly Node[];
  if (nameOf((callee as Node).property) !== 'forRoot' || options === undefined) return false;
  if (typeOf(options) !== 'postgres') return false;
  const properties = options.properties as readonly Node[];
  return properties.every(({ type, key }) => type === 'Property' && nameOf(key) !== 'migrationsRun');
}

function addImport(imports: readonly Node[], context: Context): void {
  const { text } = context;
  const last = imports.at(-1);
  if (last === undefined) return;
  const quote = text[(last.source as Node).start] ?? "'";
  const end = text[last.end - 1] === ';' ? ';' : '';
  const line = `import { withPoolsafe } from ${quote}@poolsafe/typeorm${quote}${end}`;
  context.edit({ start: last.end, end: last.end, text: `${newlineOf(text)}${line}` });
  context.swapped({ from: 'typeorm', to: '@poolsafe/typeorm' });
}
