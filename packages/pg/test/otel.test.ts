import { createRequire } from 'node:module';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { type Lib, withClient, withPool } from './drop-in/lib.ts';
import { calledBack, failure } from './drop-in/shape.ts';

const exporter = new InMemorySpanExporter();
const instrumentation = new PgInstrumentation();
instrumentation.setTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
);

// The instrumentation patches what is required after it was made.
const require = createRequire(import.meta.url);
const bare: typeof pg = require('pg');
createRequire(require.resolve('pg'))('pg-pool');
const guarded = (await import('@poolsafe/pg')) as unknown as Lib;

const database = await openDatabase(inject('servers'));
exporter.reset();
afterAll(() => database[Symbol.asyncDispose]());

const text = 'select $1::int as n';

type Call = (on: pg.Pool | pg.Client) => unknown;

const calls: Record<string, Call> = {
  text: (on) => on.query('select 1 as n'),
  'text, values': (on) => on.query(text, [1]),
  'text, callback': (on) => calledBack((callback) => on.query('select 1 as n', callback)),
  'text, values, callback': (on) => calledBack((callback) => on.query(text, [1], callback)),
  config: (on) => on.query({ text, values: [1] }),
  'config, callback': (on) => calledBack((callback) => on.query({ text, values: [1] }, callback)),
  named: (on) => on.query({ name: 'named', text, values: [1] }),
  'named, rowMode': (on) => on.query({ name: 'array', text, values: [1], rowMode: 'array' }),
  'named, callback': (on) =>
    calledBack((callback) => on.query({ name: 'called', text, values: [1] }, callback)),
  'an error': (on) => failure(() => on.query('select 1 / 0')),
};

/** What was traced of a call, without what names one run. */
function spans(): unknown[] {
  const finished = exporter.getFinishedSpans();
  exporter.reset();
  return finished.map(({ name, kind, status, attributes, events }) => {
    const { 'server.port': _, 'db.postgresql.plan': plan, ...rest } = attributes;
    // Where a statement has a name, the span is called after that; a name that was dropped is not traced.
    const title = typeof plan === 'string' ? name.replace(plan, 'SELECT') : name;
    return { name: title, kind, status, attributes: rest, events: events.map((event) => event.name) };
  });
}

async function traced(run: () => Promise<unknown>): Promise<unknown> {
  const result = await run();
  return { result: JSON.stringify(result), spans: spans() };
}

for (const comments of [false, true]) {
  for (const [title, call] of Object.entries(calls)) {
    test(`${title}, ${comments ? 'with' : 'without'} comments`, async () => {
      instrumentation.setConfig({ addSqlCommenterCommentToQueries: comments });
      const route = database.through('1.18');
      const onClient = (lib: Lib, to: typeof route) =>
        traced(() => withClient(lib, to, async (client) => call(client)));
      const onPool = (lib: Lib, to: typeof route) =>
        traced(() => withPool(lib, to, async (pool) => call(pool)));
      const [client, pool] = [await onClient(bare, database.direct), await onPool(bare, database.direct)];
      expect(client).toMatchObject({
        spans: [{ name: 'pg.connect' }, { name: expect.stringMatching('^pg.query:SELECT ') }],
      });
      expect(await onClient(guarded, route)).toEqual(client);
      expect(await onPool(guarded, route)).toEqual(pool);
    });
  }
}

test('what is refused is not traced: it was never sent', async () => {
  await withClient(guarded, database.through('1.18'), (client) =>
    failure(() => client.query("set work_mem to '64MB'")),
  );
  expect(spans()).toMatchObject([{ name: 'pg.connect' }]);
});
