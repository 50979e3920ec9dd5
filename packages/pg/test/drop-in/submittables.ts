import { Readable } from 'node:stream';
import { text as textFrom } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import type { Lib } from './lib.ts';
import { failure, shapeOf } from './shape.ts';

type Step = (client: pg.Client, lib: Lib) => Promise<unknown>;

const series = 'select n, null as nothing from generate_series(1, $1::int) n';
const wrong = 'select 1 / (n - 2) from generate_series(1, 3) n';

/** Waits for the last event of a Query, and returns all of them. */
function eventsOf(query: pg.Query): Promise<unknown[]> {
  const events: unknown[] = [];
  return new Promise((resolve) => {
    query.on('row', (row) => events.push(['row', row]));
    query.on('end', (result) => resolve([...events, ['end', shapeOf(result)]]));
    query.on('error', (error) => resolve([...events, ['error', shapeOf(error)]]));
  });
}

/** What sends itself. Each step ends with a query that shows the connection is usable. */
const steps: Record<string, Step> = {
  'Query, events': (client, { Query }) => eventsOf(client.query(new Query(series, [3]))),
  'Query, an error': (client, { Query }) => eventsOf(client.query(new Query(wrong))),
  'Query, callback': (client, { Query }) =>
    new Promise((resolve) => {
      const query = new Query(series, [3], (...given) => resolve(shapeOf([given, returned === query])));
      const returned = client.query(query);
    }),
  'Query, an error, callback': (client, { Query }) =>
    new Promise((resolve) => {
      client.query(new Query(wrong, (...given) => resolve(shapeOf(given))));
    }),
  'Query, callback of the call': (client, { Query }) =>
    new Promise((resolve) => {
      const query = client.query as (query: pg.Query, callback: (...given: unknown[]) => void) => void;
      query.call(client, new Query({ text: series, values: [2] }), (...given) => resolve(shapeOf(given)));
    }),
  'Query, named, twice, then without its text': async (client, { Query }) => {
    const named = (n: number, text?: string) =>
      eventsOf(
        client.query(new Query({ name: 'series', values: [n], ...(text && { text }) } as pg.QueryConfig)),
      );
    return [await named(1, series), await named(2, series), await named(3)];
  },
  'Cursor, to the end': async (client) => {
    const cursor = client.query(new Cursor(series, [5]));
    return [await cursor.read(2), await cursor.read(2), await cursor.read(2), await cursor.read(2)];
  },
  'Cursor, callbacks': async (client) => {
    const cursor = client.query(new Cursor(series, [5]));
    const given = await new Promise<unknown[]>((resolve) => cursor.read(2, (...all) => resolve(all)));
    await new Promise<void>((resolve) => cursor.close(() => resolve()));
    return shapeOf(given);
  },
  'Cursor, closed early': async (client) => {
    const cursor = client.query(new Cursor(series, [5]));
    const rows = await cursor.read(2);
    await cursor.close();
    return rows;
  },
  'Cursor, closed unread': async (client) => client.query(new Cursor(series, [5])).close(),
  'Cursor, options': (client) =>
    client
      .query(
        new Cursor(series, [2], {
          rowMode: 'array',
          types: { getTypeParser: () => () => 'parsed' },
        } as never),
      )
      .read(5),
  'Cursor, an error': (client) => failure(() => client.query(new Cursor(wrong)).read(5)),
  'Cursor, in a transaction': async (client) => {
    await client.query('begin');
    const cursor = client.query(new Cursor(series, [5]));
    const rows = await cursor.read(2);
    await cursor.close();
    return [rows, shapeOf(await client.query('commit'))];
  },
  'QueryStream, to the end': async (client) => {
    const rows: unknown[] = [];
    for await (const row of client.query(new QueryStream(series, [5], { batchSize: 2 }))) rows.push(row);
    return rows;
  },
  'QueryStream, left early': async (client) => {
    for await (const row of client.query(new QueryStream(series, [500], { batchSize: 2 }))) return row;
  },
  'QueryStream, an error': (client) =>
    failure(async () => {
      for await (const _ of client.query(new QueryStream(wrong)));
    }),
  'COPY to': async (client) =>
    textFrom(client.query(copyTo('copy (select * from item order by id) to stdout'))),
  'COPY to, an error': (client) => failure(() => textFrom(client.query(copyTo('copy nothing to stdout')))),
  'COPY from': async (client) => {
    await client.query('begin');
    const copy = client.query(copyFrom('copy item from stdin'));
    await pipeline(Readable.from([Buffer.from('8\teight\n9\tnine\n')]), copy);
    const { rows } = await client.query('select * from item where id > 7 order by id');
    await client.query('rollback');
    return [copy.rowCount, rows];
  },
  'COPY from, an error': (client) =>
    failure(() =>
      pipeline(Readable.from([Buffer.from('1\tone\n')]), client.query(copyFrom('copy item from stdin'))),
    ),
};

export const submittables: Record<string, Step> = Object.fromEntries(
  Object.entries(steps).map(([title, step]) => [
    title,
    async (client, lib) => [await step(client, lib), shapeOf(await client.query('select 42 as alive'))],
  ]),
);
