import { Client, Pool } from '@poolsafe/pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

/** What Node warned of while `work` ran. It warns of each thing once in a process. */
async function warningsOf(work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const note = ({ message }: Error) => warnings.push(message);
  process.on('warning', note);
  await work();
  // A warning is an event of the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  return warnings;
}

test.each([database.through('1.18'), database.through('1.24'), database.direct])(
  'pg is not made to warn of what the application has not done: $name',
  async ({ url }) => {
    const warnings = await warningsOf(async () => {
      await using pool = poolOf(url);
      await Promise.all(Array.from({ length: 40 }, (_, i) => pool.query('select $1::int', [i])));
    });
    expect(warnings).toEqual([]);
  },
);

test('and it does warn of a client that is given three queries at once', async () => {
  const client = new Client(database.direct.url);
  await client.connect();
  const warnings = await warningsOf(() =>
    Promise.all([1, 2, 3].map((i) => client.query('select $1::int', [i]))),
  );
  await client.end();
  expect(warnings).toEqual([expect.stringContaining('already executing a query')]);
});

function poolOf(connectionString: string) {
  const pool = new Pool({ connectionString, max: 2 });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}
