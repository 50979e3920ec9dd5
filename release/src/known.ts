import { deno, type StackName, stacks } from './smoke-project.ts';
import type { Mode } from './type-check.ts';

/** A combination that does not work, and cannot: the table says so in a note. */
export interface Known {
  readonly stacks: readonly StackName[];
  /** The column, and the row beside the package. */
  readonly where: string;
  readonly how: string;
  /** What exactly happens: the error's text, or the codes of TypeScript. */
  readonly error: RegExp;
  readonly says: string;
}

const commonjs: Mode = 'CommonJS, `nodenext`';

export const known: readonly Known[] = [
  {
    stacks: ['pg', 'postgres', 'kysely-pg', 'kysely-postgres-js', 'prisma', 'typeorm'],
    where: 'TypeScript 5.4.5',
    how: commonjs,
    error: /^TS1479$/,
    says: 'TS1479: this TypeScript does not let CommonJS import the types of an ES module under `nodenext`. TypeScript 7 does, and so does this one with `node10`. The program itself runs.',
  },
  {
    stacks: Object.keys(stacks) as StackName[],
    where: 'TypeScript 7.0.2',
    how: 'CommonJS, `node10`' satisfies Mode,
    error: /^TS5108$/,
    says: 'TypeScript 7 has no `node10` any more. It is checked together with `module: commonjs` and `esModuleInterop`.',
  },
  {
    stacks: ['prisma'],
    where: `Deno ${deno.version}`,
    how: 'ES modules',
    error: /'@prisma\/client' does not provide an export named 'PrismaClient'/,
    says: "The client that Prisma's generator `prisma-client-js` makes is CommonJS, of which Deno sees no names: the same import fails there without poolsafe. `require()` works.",
  },
];

/** The row for a combination, if it has one. */
export function knownAt(stack: StackName, how: string, where: string): Known | undefined {
  return known.find((row) => row.stacks.includes(stack) && row.how === how && row.where === where);
}
