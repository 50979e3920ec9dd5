import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql, Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

const reading: Record<string, SqlStep> = {
  'a table': async (sql) =>
    text(await sql`copy (select id, name from item order by id) to stdout`.readable()),
  'in a loop': async (sql) => {
    let seen = '';
    for await (const chunk of await sql`copy item (name) to stdout with csv header`.readable()) seen += chunk;
    return seen;
  },
  'much of it': async (sql) => {
    const stream =
      await sql`copy (select repeat('x', 1000) from generate_series(1, 5000)) to stdout`.readable();
    return (await text(stream)).length;
  },
  'read slowly, whatever its size': async (sql) => {
    const seen: number[] = [];
    for (const rows of [20, 70, 100, 300]) {
      const stream =
        await sql`copy (select repeat('x', 1000) from generate_series(1, ${sql.unsafe(String(rows))})) to stdout`.readable();
      let length = 0;
      for await (const chunk of stream) {
        length += chunk.length;
        await sleep(1);
      }
      await Promise.all([sql`select 1`, sql`select 2`]);
      seen.push(length);
    }
    return seen;
  },
  nothing: async (sql) => text(await sql`copy (select 1 where false) to stdout`.readable()),
  'an error at the start': (sql) => failure(() => sql`copy nothing to stdout`.readable()),
  'in a transaction': (sql) =>
    sql.begin(async (tx) => [
      await text(await tx`copy (select id from item order by id) to stdout`.readable()),
      await tx`select 1 as after`,
    ]),
  'two at once': (sql) =>
    Promise.all([1, 2].map(async (n) => text(await sql.unsafe(`copy (select ${n}) to stdout`).readable()))),
  'a query that is no COPY': async (sql) => await sql`select 1 as a`.readable(),
};

/** Copies lines into a table that goes away again. */
async function copied(sql: Sql, lines: readonly string[]): Promise<unknown> {
  return sql.begin(async (tx) => {
    await tx`create temporary table copied (n int unique, text text) on commit drop`;
    await pipeline(Readable.from(lines), await tx`copy copied from stdin`.writable());
    return tx`select count(*)::int, sum(n)::int, max(length(text)) from copied`;
  });
}

const writing: Record<string, SqlStep> = {
  rows: (sql) => copied(sql, ['1\ta\n', '2\tb\n3\tc', '\n']),
  'no rows': (sql) => copied(sql, []),
  'many rows': (sql) =>
    copied(
      sql,
      Array.from({ length: 5000 }, (_, n) => `${n}\t${'x'.repeat(200)}\n`),
    ),
  'write and end': async (sql) => {
    const stream = await sql`copy item (id, name) from stdin`.writable();
    stream.write('20\ttwenty\n');
    stream.end('21\ttwenty-one\n');
    await finished(stream);
    return sql`delete from item where id >= 20 returning id, name`;
  },
  'a row that is wrong': (sql) =>
    codeOf(async () => {
      const stream = await sql`copy item (id, name) from stdin`.writable();
      await pipeline(Readable.from(['x\ty\n']), stream);
    }),
  'a row that is there already': (sql) =>
    codeOf(async () => {
      const stream = await sql`copy item (id, name) from stdin`.writable();
      await pipeline(Readable.from(['1\tone\n']), stream);
    }),
  'a row that is wrong, in a transaction': (sql) => codeOf(() => copied(sql, ['1\ta\n', 'x\tb\n'])),
  'a stream of rows that fails': async (sql) => {
    const stream = await sql`copy item (id, name) from stdin`.writable();
    const rows = async function* (): AsyncGenerator<string> {
      yield '22\ttwenty-two\n';
      throw new Error('mine');
    };
    return [
      await codeOf(() => pipeline(Readable.from(rows()), stream)),
      await sql`select id from item where id > 20`,
    ];
  },
  destroyed: async (sql) => {
    const stream = await sql`copy item (id, name) from stdin`.writable();
    stream.write('23\ttwenty-three\n');
    const over = codeOf(() => finished(stream));
    stream.destroy(new Error('mine'));
    await over;
    return [stream.errored?.message, await sql`select id from item where id > 20`];
  },
  'an error at the start': (sql) => failure(() => sql`copy nothing from stdin`.writable()),
  'a query that is no COPY': async (sql) => await sql`select 1 as a`.writable(),
  'a query in the meantime': (sql) =>
    sql
      .begin(async (tx) => {
        const stream = await tx`copy item (id, name) from stdin`.writable();
        const meanwhile = codeOf(() => tx`select 1`);
        stream.end();
        await finished(stream);
        return meanwhile;
      })
      .catch((error) => error.code),
};

export const copies: [string, Step][] = [...sqlSteps('COPY to', reading), ...sqlSteps('COPY from', writing)];
