import { connect, type Lib, type Options, type Route, type Sql, type Step } from './lib.ts';

/** A step whose options hold functions of its own, so that they are made anew each time. */
export const withOptions =
  (optionsOf: (lib: Lib, seen: unknown[]) => Options, work: (sql: Sql, seen: unknown[]) => unknown): Step =>
  async (lib: Lib, route: Route) => {
    const seen: unknown[] = [];
    const sql = connect(lib, route, { max: 1, ...optionsOf(lib, seen) });
    const result = await work(sql, seen);
    await sql.end();
    return [result, seen];
  };
