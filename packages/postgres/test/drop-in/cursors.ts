import type { Step } from './lib.ts';
import { failure, shapeOf } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

type Iterable = AsyncIterable<readonly unknown[]>;

async function collected(cursor: Iterable): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const rows of cursor) seen.push(shapeOf(rows));
  return seen;
}

const callbacks: Record<string, SqlStep> = {
  'one by one': async (sql) => {
    const seen: unknown[] = [];
    const result = await sql`select n from generate_series(1, 3) n`.cursor((rows) => {
      seen.push(shapeOf(rows));
    });
    return [seen, result];
  },
  'ten by ten, with a parameter': async (sql) => {
    const seen: unknown[] = [];
    const result = await sql`select n from generate_series(1, ${25}) n`.cursor(10, async (rows) => {
      await null;
      seen.push(rows.length);
    });
    return [seen, result];
  },
  'as many as there are': async (sql) => {
    const seen: unknown[] = [];
    await sql`select n from generate_series(1, 20) n`.cursor(10, (rows) => {
      seen.push(rows.length);
    });
    return seen;
  },
  'no rows': async (sql) => {
    const seen: unknown[] = [];
    const result = await sql`select 1 where false`.cursor(10, (rows) => {
      seen.push(rows.length);
    });
    return [seen, result];
  },
  CLOSE: async (sql) => {
    const seen: unknown[] = [];
    const result = await sql`select n from generate_series(1, 100) n`.cursor(2, (rows) => {
      seen.push(rows.length);
      return seen.length === 2 ? sql.CLOSE : undefined;
    });
    return [seen, shapeOf(result), sql.CLOSE === sql.END];
  },
  'CLOSE at once': (sql) => sql`select n from generate_series(1, 100) n`.cursor(() => sql.CLOSE),
  'an error at the start': (sql) => failure(() => sql`select nothing`.cursor(2, () => {})),
  'an error in the middle': async (sql) => {
    const seen: unknown[] = [];
    const failed = await failure(() =>
      sql`select 6 / (3 - n) as n from generate_series(1, 9) n`.cursor(1, (rows) => {
        seen.push([...rows]);
      }),
    );
    return [seen, failed];
  },
  'values and raw': async (sql) => {
    const seen: unknown[] = [];
    const keep = (rows: unknown) => {
      seen.push(shapeOf(rows));
    };
    await sql`select 1 as a, 2 as a`.values().cursor(keep);
    await sql`select 1 as a`.raw().cursor(keep);
    return seen;
  },
};

const iterators: Record<string, SqlStep> = {
  'one by one': (sql) => collected(sql`select n from generate_series(1, 3) n`.cursor()),
  'ten by ten': (sql) => collected(sql`select n from generate_series(1, ${25}) n`.cursor(10)),
  'as many as there are': (sql) => collected(sql`select n from generate_series(1, 20) n`.cursor(10)),
  'no rows': (sql) => collected(sql`select 1 where false`.cursor(10)),
  'break at once': async (sql) => {
    for await (const rows of sql`select n from generate_series(1, 1000) n`.cursor(10)) return shapeOf(rows);
  },
  'break later': async (sql) => {
    const seen: number[] = [];
    for await (const rows of sql`select n from generate_series(1, ${1000}) n`.cursor(10)) {
      seen.push(rows.length);
      if (seen.length === 3) break;
    }
    return seen;
  },
  'many that are left early': async (sql) => {
    const first = async () => {
      for await (const rows of sql`select n from generate_series(1, 1000) n`.cursor(10)) return rows.length;
    };
    return Promise.all(Array.from({ length: 10 }, first));
  },
  'a loop that throws': (sql) =>
    failure(async () => {
      for await (const _ of sql`select n from generate_series(1, 1000) n`.cursor(10)) throw new Error('mine');
    }),
  'an error at the start': (sql) => failure(() => collected(sql`select nothing`.cursor())),
  'an error in the middle': (sql) => {
    const seen: unknown[] = [];
    return failure(async () => {
      for await (const rows of sql`select 6 / (3 - n) as n from generate_series(1, 9) n`.cursor())
        seen.push([...rows]);
    }).then((failed) => [seen, failed]);
  },
  'queries beside it': async (sql) => {
    const seen: unknown[] = [];
    for await (const [row] of sql`select n from generate_series(1, 3) n`.cursor()) {
      seen.push(await sql`select ${row?.n}::int * 2 as twice`);
    }
    return seen;
  },
  'in a transaction': (sql) =>
    sql.begin(async (tx) => [
      await collected(tx`select n from generate_series(1, 5) n`.cursor(2)),
      await tx`select 1 as after`,
    ]),
  'break in a transaction': (sql) =>
    sql.begin(async (tx) => {
      const seen: unknown[] = [];
      for await (const rows of tx`select n from generate_series(1, 500) n`.cursor(2)) {
        seen.push([...rows]);
        break;
      }
      return [seen, await tx`select 1 as after`];
    }),
};

export const cursors: [string, Step][] = [
  ...sqlSteps('cursor with a callback', callbacks),
  ...sqlSteps('cursor in a loop', iterators),
];
