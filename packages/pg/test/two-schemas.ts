import { startOdyssey } from '@poolsafe/stack';
import { afterAll, inject } from 'vitest';
import { openDatabase, type Route } from './database.ts';

const servers = inject('servers');
const database = await openDatabase(
  servers,
  'create schema one create table item (v int)',
  'create schema other create table item (v text)',
);
const odyssey = await startOdyssey({ preparedStatements: true, poolSize: 1 }, servers.postgres);
afterAll(async () => {
  await odyssey.stop();
  await database[Symbol.asyncDispose]();
});

const follows: Route = {
  ...database.through('latest'),
  name: 'latest, which follows search_path',
  poolsafe: { pooler: 'pgbouncer-1.26' },
};
const { href } = Object.assign(new URL(database.direct.url), { port: String(odyssey.address.port) });

/** Where the same text means two tables. */
export const told: Route = database.told;
export const routes: readonly (readonly [name: string, route: Route])[] = [
  ...database.routes,
  told,
  follows,
  { name: 'odyssey', url: href },
].map((route) => [route.name, route]);

export const schemas = ['one', 'other'] as const;
export const value = '007';
/** What becomes of the value in each: in the second it is that of the first where the statement was prepared there. */
export const stored = { one: '7', other: '007' } as const;

/** Long enough for whatever is named to be named, and to be met by somebody else. */
export const rounds: readonly number[] = [1, 2, 3, 4, 5];
