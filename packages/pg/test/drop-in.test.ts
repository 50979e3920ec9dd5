import * as poolsafe from '@poolsafe/pg';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from './database.ts';
import { type Lib, withClient, withPool } from './drop-in/lib.ts';
import { lives } from './drop-in/lives.ts';
import { clientForms, queryForms } from './drop-in/query-forms.ts';
import { submittables } from './drop-in/submittables.ts';

const database = await openDatabase(
  inject('servers'),
  'create table item (id int primary key, name text not null unique)',
  "insert into item values (1, 'one'), (2, 'two'), (3, 'three')",
);
afterAll(() => database[Symbol.asyncDispose]());

const told: Route = { ...database.direct, name: 'direct, and told so', poolsafe: { pooler: 'direct' } };

/** The same step with `pg` itself, directly, and with the drop-in over every route. */
function same(title: string, step: (lib: Lib, route: Route) => Promise<unknown>): void {
  test(title, async () => {
    const bare = await step(pg, database.direct);
    for (const route of [...database.routes, told]) {
      expect(await step(poolsafe as unknown as Lib, route), route.name).toEqual(bare);
    }
  });
}

for (const [title, form] of Object.entries(queryForms)) {
  same(`client.query | ${title}`, (lib, route) => withClient(lib, route, form));
  same(`pool.query | ${title}`, (lib, route) => withPool(lib, route, form));
}
for (const [title, form] of Object.entries(clientForms)) {
  same(`client | ${title}`, (lib, route) => withClient(lib, route, form));
}
for (const [title, step] of Object.entries(submittables)) {
  same(`client | ${title}`, (lib, route) => withClient(lib, route, (client) => step(client, lib)));
}
for (const [title, step] of Object.entries(lives)) {
  same(title, step);
}
