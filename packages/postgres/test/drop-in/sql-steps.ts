import { connect, type Options, type Sql, type Step } from './lib.ts';
import { shapeOf } from './shape.ts';

/** What an application does with a client. */
export type SqlStep = (sql: Sql) => unknown;

/** Steps by their title, each with a client of its own that still works at the end, and can be ended. */
export function sqlSteps(
  group: string,
  steps: Readonly<Record<string, SqlStep>>,
  options: Options = {},
): [string, Step][] {
  return Object.entries(steps).map(([title, step]) => [
    `${group} | ${title}`,
    async (lib, route) => {
      const sql = connect(lib, route, { max: 2, ...options });
      // Types of arrays are known from the second query on.
      await sql`select 1`;
      const seen = shapeOf(await step(sql));
      await askMore(sql);
      await sql.end();
      return seen;
    },
  ]);
}

/** Asks on, and fails when an answer is not for its question. */
async function askMore(sql: Sql): Promise<void> {
  const asked = [sql`select ${1}::int as n`, sql`select 2 as n`, sql`select ${3}::int as n`];
  const given = [...(await Promise.all(asked)), await sql`select 4 as n`, await sql`select ${5}::int as n`];
  const numbers = given.map((rows) => rows.map((row) => row?.n).join());
  if (numbers.join(' ') !== '1 2 3 4 5') throw new Error(`Wrong answers: ${numbers.join(' ')}`);
}

/** Steps by their title that make their own clients. */
export function libSteps(group: string, steps: Readonly<Record<string, Step>>): [string, Step][] {
  return Object.entries(steps).map(([title, step]) => [
    `${group} | ${title}`,
    async (lib, route) => shapeOf(await step(lib, route)),
  ]);
}
