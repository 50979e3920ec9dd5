import { startPgBouncer } from '@poolsafe/stack';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { subject as drizzlePostgresJs } from '../../drizzle/test/postgres-js-subject.ts';
import { subject as drizzle } from '../../drizzle/test/subject.ts';
import { subject as kyselyPostgresJs } from '../../kysely/test/postgres-js-subject.ts';
import { subject as kysely } from '../../kysely/test/subject.ts';
import { openDatabase } from '../../pg/test/database.ts';
import { subject as pg } from '../../pg/test/subject.ts';
import { subject as postgresJs } from '../../postgres/test/subject.ts';
import { subject as prisma } from '../../prisma/test/subject.ts';
import { subject as typeorm } from '../../typeorm/test/subject.ts';
import type { App, Runner } from '../src/index.ts';

const { postgres } = inject('servers');
// A COMMIT that takes as long as a restart of the pooler.
const database = await openDatabase(
  inject('servers'),
  `create table note (body text);
   create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
   create constraint trigger slow_commit after insert on note deferrable initially deferred
     for each row when (new.body = 'slow') execute function slowly();`,
);
const pooler = await startPgBouncer({ version: 'latest' }, postgres);
afterAll(async () => {
  await pooler[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const url = Object.assign(new URL(database.direct.url), { port: String(pooler.address.port) }).href;
const stacks = [pg, drizzle, kysely, prisma, typeorm, postgresJs, drizzlePostgresJs, kyselyPostgresJs];

const insert = (tx: Runner, body: string) => tx.query(`insert into note (body) values ('${body}')`);
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'committed',
    () => 'failed',
  );

let restarted: Promise<void> | undefined;
function restart(): Promise<void> {
  restarted = pooler.restart();
  return restarted;
}

async function committing(): Promise<void> {
  const text = `select 1 from pg_stat_activity where datname = $1 and state = 'active' and query ilike 'commit%'`;
  const { pathname } = new URL(url);
  while ((await database.admin(text, [pathname.slice(1)])).length === 0);
}

/** When the pooler is restarted, by what the application was doing. The work of a transaction, and what is kept of it. */
const moments: readonly (readonly [when: string, work: (app: App) => Promise<unknown>, kept: number])[] = [
  [
    'before the first statement',
    (app) =>
      app.transaction(async (tx) => {
        await restart();
        await insert(tx, 'first');
      }),
    0,
  ],
  [
    'after a statement, before the next',
    (app) =>
      app.transaction(async (tx) => {
        await insert(tx, 'first');
        await restart();
        await insert(tx, 'second');
      }),
    0,
  ],
  [
    'after a statement, before COMMIT',
    (app) =>
      app.transaction(async (tx) => {
        await insert(tx, 'first');
        await restart();
      }),
    0,
  ],
  // PostgreSQL ends what it has begun, and nobody is left to be told.
  [
    'during COMMIT',
    async (app) => {
      const [result] = await Promise.allSettled([
        app.transaction((tx) => insert(tx, 'slow')),
        committing().then(() => restart()),
      ]);
      if (result?.status === 'rejected') throw result.reason;
    },
    1,
  ],
];

beforeEach(() => database.admin('truncate note'));

for (const { name, safe } of stacks) {
  test.each(moments)(`the pooler is restarted %s | ${name}`, async (_, work, kept) => {
    const app = safe({ url, max: 1 });
    await app.query('select 1');
    const told = await outcome(work(app));
    // postgres.js ends a transaction with its connection, and its work may go on.
    await restarted;
    const next = await outcome(app.transaction((tx) => insert(tx, 'next')));
    await app.end();
    // Waits for the COMMIT that nobody hears of.
    await database.admin('do $$ begin lock table note; end $$');
    const rows = await database.admin("select body from note where body <> 'next'");
    expect([told, next, rows.length]).toEqual(['failed', 'committed', kept]);
  });
}
