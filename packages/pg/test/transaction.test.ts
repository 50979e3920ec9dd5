import { once } from 'node:events';
import { Client } from '@poolsafe/pg';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'), 'create sequence numbers');
afterAll(() => database[Symbol.asyncDispose]());

const refused = 'POOLSAFE_SEQUENCE_STATE';
const [next, last] = ["select nextval('numbers')", 'select lastval()'];

/** Statements that are handed over without waiting for each other, and what becomes of each. */
type Flight = Readonly<Record<string, string | undefined>>;

const inside: readonly Flight[] = [{ begin: 'BEGIN' }, { [next]: 'SELECT', [last]: 'SELECT' }];

const stories: readonly [title: string, ...flights: Flight[]][] = [
  ['outside', { [next]: 'SELECT', [last]: refused }],
  ['inside, and with the end on its way', ...inside, { [last]: 'SELECT', commit: 'COMMIT' }],
  ['behind the end on its way', ...inside, { commit: 'COMMIT', [last]: refused }],
  ['after the end', ...inside, { commit: 'COMMIT' }, { [last]: refused }],
  ['with the begin on its way', { begin: 'BEGIN', [next]: 'SELECT', [last]: 'SELECT' }],
  [
    'back at a savepoint',
    ...inside,
    { 'savepoint a': 'SAVEPOINT' },
    { 'rollback to a': 'ROLLBACK' },
    { [last]: 'SELECT' },
  ],
  [
    'in a failed transaction',
    ...inside,
    { 'select 1 / 0': '22012' },
    { [last]: '25P02' },
    { rollback: 'ROLLBACK' },
    { [last]: refused },
  ],
  [
    'begun again',
    ...inside,
    { rollback: 'ROLLBACK', begin: 'BEGIN' },
    { [next]: 'SELECT', [last]: 'SELECT' },
  ],
  ['begun within a text', { 'select 1; begin; select 2': undefined }, { [next]: 'SELECT', [last]: 'SELECT' }],
  ['begun and ended within a text', { 'begin; select 1; commit': undefined }, { [last]: refused }],
  ['all in one text', { [`begin; ${next}; ${last}; commit`]: undefined }, { [last]: refused }],
  ['begun in vain', { 'begin nonsense': '42601', [next]: 'SELECT', [last]: refused }, { [next]: 'SELECT' }],
  [
    'local, with the begin on its way',
    { begin: 'BEGIN', "set local work_mem = '9MB'": 'SET', commit: 'COMMIT' },
  ],
  [
    'local, behind the end',
    { begin: 'BEGIN', commit: 'COMMIT', "set local work_mem = '9MB'": 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION' },
  ],
  [
    'an error on its way',
    { 'select 1 / 0': '22012', begin: 'BEGIN' },
    { [next]: 'SELECT', [last]: 'SELECT' },
  ],
];

for (const [title, ...flights] of stories) {
  test(`lastval() | ${title}`, async () => {
    const client = new Client(configOf(database.through('latest')));
    await client.connect();
    for (const flight of flights) {
      const outcomes = Object.keys(flight).map((text) =>
        client.query(text).then(
          ({ command }) => command,
          ({ code }) => code,
        ),
      );
      expect(await Promise.all(outcomes)).toEqual(Object.values(flight));
    }
    await client.end();
  });
}

test('lastval() | a Query, a cursor and a COPY that are on their way', async () => {
  const client = new Client(configOf(database.through('latest')));
  await client.connect();
  const cursor = () => client.query(new Cursor(last)).read(2);
  await client.query('begin');
  await client.query(next);
  const copied = once(client.query(copyTo('copy (select 1) to stdout')).resume(), 'close');
  expect(await cursor()).toHaveLength(1);
  await copied;
  client.query(new pg.Query('commit'));
  await expect(cursor()).rejects.toMatchObject({ code: refused });
  await client.query('select 1');
  await expect(cursor()).rejects.toMatchObject({ code: refused });
  await client.end();
});
