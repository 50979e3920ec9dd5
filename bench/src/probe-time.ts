import { randomBytes } from 'node:crypto';
import { probeSql } from '@poolsafe/core';
import { startStack } from '@poolsafe/stack';
import pg from 'pg';
import { type Spread, spread } from './pairs.ts';
import { amount, table } from './table.ts';

/** How long the server takes for the query of a probe: milliseconds, with so many tables of 10 columns. */
export interface ProbeTime {
  readonly tables: number;
  readonly milliseconds: Spread;
}

const columns = Array.from({ length: 10 }, (_, n) => `c${n} int`).join(', ');
const times = 21;

export async function benchProbe(): Promise<readonly ProbeTime[]> {
  await using stack = await startStack({ pgbouncers: [], postgres: { settings: { autovacuum: 'off' } } });
  const client = new pg.Client({ connectionString: stack.postgres.url(await stack.createDatabase()) });
  await client.connect();
  try {
    const results: ProbeTime[] = [];
    for (const tables of [10, 1000, 10_000]) {
      await createTables(client, results.at(-1)?.tables ?? 0, tables);
      results.push({ tables, milliseconds: await timeOf(client) });
    }
    return results;
  } finally {
    await client.end();
  }
}

/** Not all in one transaction, which would need a lock for each. */
async function createTables(client: pg.Client, from: number, to: number): Promise<void> {
  for (let made = from; made < to; made += 10) {
    const texts = Array.from({ length: 10 }, (_, n) => `create table t${made + n} (${columns})`);
    await client.query(texts.join(';'));
  }
  await client.query('vacuum analyze');
}

async function timeOf(client: pg.Client): Promise<Spread> {
  const milliseconds: number[] = [];
  for (let i = 0; i < times; i += 1) {
    // As a probe does: parsed anew each time, and nothing left behind.
    const name = `bench_probe_${randomBytes(8).toString('hex')}`;
    const started = performance.now();
    const { rows } = await client.query({ name, text: probeSql, values: [name, '0', 'true'] });
    milliseconds.push(performance.now() - started);
    if (!rows[0]?.schema) throw new Error('The probe has not read the schema.');
    await client.query('deallocate all');
  }
  return spread(milliseconds);
}

export function showProbe(results: readonly ProbeTime[]): string {
  const rows = results.map(({ tables, milliseconds }) => [
    String(tables),
    ...milliseconds.map((time) => amount(time, 1)),
  ]);
  return table(['Tables of 10 columns', 'least ms', 'median ms', 'most ms'], rows);
}
