import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { Client, type HazardError, Pool, type PoolsafeOptions } from '@poolsafe/pg';
import type pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from './database.ts';
import { configOf } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'), 'create sequence numbers');
afterAll(() => database[Symbol.asyncDispose]());
const pooled = database.through('latest');

async function withClient(route: Route, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(configOf(route));
  await client.connect();
  await work(client);
  await client.end();
}

/** What happened to each of these statements, which are handed over without waiting. */
async function queued(client: Client, ...texts: string[]): Promise<string[]> {
  const outcome = async (text: string) => {
    const sent = client.query(text);
    return sent.then(
      ({ command }) => command,
      ({ code }) => code,
    );
  };
  return Promise.all(texts.map(outcome));
}

const next = "select nextval('numbers')";

/** What is published and warned of while `work` runs with these options, and how its statements end. */
async function heard(
  route: Route,
  poolsafe: PoolsafeOptions,
  work: (pool: Pool) => Promise<unknown>,
): Promise<unknown[]> {
  const events: unknown[] = [];
  const onHazard = (event: unknown) => {
    const { error, action } = event as { error: HazardError; action: string };
    events.push([action, error.code]);
  };
  const onWarning = (warning: Error & { code?: string }) => events.push([warning.name, warning.code]);
  const pool = new Pool({ ...configOf(route), poolsafe });
  subscribe('poolsafe:hazard', onHazard);
  process.on('warning', onWarning);
  try {
    const result = await work(pool).catch((error) => error.code);
    await new Promise((resolve) => setImmediate(resolve));
    return [result, ...events];
  } finally {
    unsubscribe('poolsafe:hazard', onHazard);
    process.off('warning', onWarning);
    await pool.end();
  }
}

const set = "set work_mem to '64MB'";
const showing = async (pool: Pool) => {
  for (const text of [set, set, `${set} `]) await pool.query(text);
  return (await pool.query('show work_mem')).rows[0]?.work_mem;
};
const reset = () =>
  database.admin(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${database.role}'`);

const code = 'POOLSAFE_SESSION_SET';
const reactions: [title: string, poolsafe: PoolsafeOptions, heard: unknown[]][] = [
  ['throw', {}, [code, ['throw', code]]],
  [
    'warn, once per text',
    { onHazard: 'warn' },
    [
      '64MB',
      ['warn', code],
      ['warn', code],
      ['warn', code],
      ['PoolsafeWarning', code],
      ['PoolsafeWarning', code],
    ],
  ],
  ['allow everything', { onHazard: 'allow' }, ['64MB', ['allow', code], ['allow', code], ['allow', code]]],
  ['allow this one', { allow: [code] }, ['64MB', ['allow', code], ['allow', code], ['allow', code]]],
  ['allow another one', { allow: ['POOLSAFE_LISTEN'] }, [code, ['throw', code]]],
  ['direct', { pooler: 'direct' }, ['64MB']],
];

for (const [title, poolsafe, expected] of reactions) {
  test(`onHazard | ${title}`, async () => {
    const seen = await heard(pooled, poolsafe, showing);
    await reset();
    const inOrder = (event: unknown) => (Array.isArray(event) ? (event[0] === 'PoolsafeWarning' ? 2 : 1) : 0);
    expect(seen.sort((a, b) => inOrder(a) - inOrder(b))).toEqual(expected);
  });
}

const everything = [
  "set work_mem to '64MB'",
  'set role pg_monitor',
  "select set_config('a.b', 'c', false)",
  'prepare p as select 1',
  'listen x',
  'select pg_advisory_lock(1)',
  'create temp table t (n int)',
  'declare c cursor with hold for select 1',
  "load 'plpgsql'",
  'discard all',
  'select lastval()',
  'select setseed(0.5)',
  "set local work_mem to '64MB'",
  'begin',
  'select pg_cancel_backend(0)',
];

test('behind a pooler each hazard is refused, directly none', async () => {
  const codes = await Promise.all(everything.map((text) => heard(pooled, {}, (pool) => pool.query(text))));
  expect(new Set(codes.map(([first]) => first)).size).toBe(everything.length);
  await withClient({ ...database.direct, poolsafe: { pooler: 'direct' } }, async (client) => {
    const outcomes = await queued(client, next, ...everything, 'rollback');
    expect(outcomes.filter((outcome) => outcome.startsWith('POOLSAFE'))).toEqual([]);
    expect(outcomes).toEqual(expect.arrayContaining(['SET', 'LISTEN', 'PREPARE', 'DISCARD']));
  });
});

test('the same plan for the pool, its clients and its cursors', async () => {
  const pool = new Pool(configOf(pooled));
  const client = (await pool.connect()) as unknown as Client & pg.PoolClient;
  expect(client.poolsafe).toBe(pool.poolsafe);
  expect(inspect(pool.poolsafe, { depth: null })).not.toContain(database.password);
  client.release();
  await pool.end();
});
