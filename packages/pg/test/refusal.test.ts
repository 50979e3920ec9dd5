import { once } from 'node:events';
import { Client, HazardError, Pool } from '@poolsafe/pg';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { SQL } from 'sql-template-strings';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';
import type { Runner } from './drop-in/query-forms.ts';

const database = await openDatabase(inject('servers'), 'create sequence numbers');
afterAll(() => database[Symbol.asyncDispose]());
const pooled = database.through('1.24');

const text = "set work_mem to '64MB'";
const setConfig = 'select set_config($1, $2, false)';
const values = ['work_mem', '64MB'];

/** The error of a call in callback form, which must return nothing and call back once, later. */
async function calledBack(call: (callback: (...given: unknown[]) => void) => unknown): Promise<unknown> {
  const calls: unknown[][] = [];
  const returned = call((...given) => calls.push(given));
  expect([returned, calls]).toEqual([undefined, []]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toHaveLength(1);
  expect(calls[0]).toHaveLength(1);
  return calls[0]?.[0];
}

const rejected = (call: unknown): Promise<unknown> => {
  expect(call).toBeInstanceOf(Promise);
  return (call as Promise<unknown>).then(
    () => 'not refused',
    (error) => error,
  );
};

type Form = (on: Runner) => Promise<unknown>;

/** For a pool and for a client: what a refusal looks like in each form of the call. */
const forms: Record<string, Form> = {
  text: (on) => rejected(on.query(text)),
  'text, values': (on) => rejected(on.query(setConfig, values)),
  config: (on) => rejected(on.query({ text: setConfig, values })),
  'config, values': (on) => rejected(on.query({ text: setConfig }, values)),
  named: (on) => rejected(on.query({ name: 'named', text })),
  'rowMode array': (on) => rejected(on.query({ text, rowMode: 'array' })),
  'an object whose text is a getter': (on) =>
    rejected(on.query(SQL`select set_config(${'work_mem'}, '64MB', false)`)),
  'the second of two statements': (on) => rejected(on.query(`select 1; ${text}`)),
  'text, callback': (on) => calledBack((callback) => on.query(text, callback)),
  'text, values, callback': (on) => calledBack((callback) => on.query(setConfig, values, callback)),
  'text, undefined, callback': (on) => calledBack((callback) => on.query(text, undefined, callback)),
  'config, callback': (on) => calledBack((callback) => on.query({ text }, callback)),
  'config, values, callback': (on) =>
    calledBack((callback) => on.query({ text: setConfig }, values, callback)),
};

/** For a pool only, which gives a promise where a client gives the Query back. */
const poolForms: Record<string, Form> = {
  Query: (on) => rejected(on.query(new pg.Query(text))),
  'Query, callback': (on) => calledBack((callback) => on.query(new pg.Query(text), callback)),
};

/** For a client only. */
const clientForms: Record<string, Form> = {
  'config.callback': (on) => calledBack((callback) => on.query({ text, callback })),
  'Query, event': async (on) =>
    (await once(on.query(new pg.Query(text)), 'error').catch((error) => [error]))[0],
  'Query, callback': (on) => calledBack((callback) => void on.query(new pg.Query(text, callback as never))),
  'Query, callback of the call': (on) =>
    calledBack((callback) => void on.query(new pg.Query(text), callback)),
  'Cursor, promise': (on) => rejected(on.query(new Cursor(setConfig, values)).read(1)),
  'Cursor, callback': (on) => calledBack((callback) => void on.query(new Cursor(text)).read(1, callback)),
  'Cursor, read afterwards': async (on) => {
    const cursor = on.query(new Cursor(text));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return rejected(cursor.read(1));
  },
  'Cursor, event': (on) => new Promise((resolve) => on.query(new Cursor(text)).on('error', resolve)),
  'QueryStream, event': (on) =>
    new Promise((resolve) => on.query(new QueryStream(text)).on('error', resolve).resume()),
  'QueryStream, iterated': (on) => rejected(on.query(new QueryStream(setConfig, values)).toArray()),
  'COPY to': (on) =>
    rejected(
      on.query(copyTo(`copy (${setConfig.replace('$1, $2', "'work_mem', '64MB'")}) to stdout`)).toArray(),
    ),
  'COPY from': (on) =>
    new Promise((resolve) =>
      on.query(copyFrom('copy pg_temp.work_mem_64mb from stdin')).on('error', resolve),
    ),
};

/** What the server was told, on whichever connection. */
const told = () =>
  database.admin(
    "select query from pg_stat_activity where datname = current_database() and query ~ '(?i)64mb' and pid <> pg_backend_pid()",
  );

async function usable(on: Runner): Promise<void> {
  expect((await on.query('select 42 as alive')).rows).toEqual([{ alive: 42 }]);
  expect(await told()).toEqual([]);
}

for (const [title, form] of Object.entries({ ...forms, ...clientForms })) {
  test(`client.query | ${title}`, async () => {
    const client = new Client(configOf(pooled));
    await client.connect();
    const error = await form(client);
    expect(error).toBeInstanceOf(HazardError);
    expect((error as HazardError).code).toMatch(/^POOLSAFE_(SESSION_SET|SET_CONFIG|TEMP_TABLE)$/);
    await usable(client);
    await client.end();
  });
}

for (const [title, form] of Object.entries({ ...forms, ...poolForms })) {
  test(`pool.query | ${title}, at no cost`, async () => {
    const pool = new Pool(configOf(pooled));
    expect(await form(pool)).toBeInstanceOf(HazardError);
    expect(pool.totalCount).toBe(0);
    await usable(pool);
    const [{ pid }] = (await pool.query('select 1 as pid')).rows;
    expect(await form(pool)).toBeInstanceOf(HazardError);
    expect([pid, pool.totalCount, pool.idleCount]).toEqual([1, 1, 1]);
    await pool.end();
  });
}
