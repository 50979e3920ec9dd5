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
      const seen = [shapeOf(await step(sql)), [...(await sql`select 42 as alive`)]];
      await sql.end();
      return seen;
    },
  ]);
}

/** Steps by their title that make their own clients. */
export function libSteps(group: string, steps: Readonly<Record<string, Step>>): [string, Step][] {
  return Object.entries(steps).map(([title, step]) => [
    `${group} | ${title}`,
    async (lib, route) => shapeOf(await step(lib, route)),
  ]);
}
