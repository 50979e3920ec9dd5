import { PostgresDialect, withSettings } from '@poolsafe/kysely';
import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { CompiledQuery, Kysely, sql } from 'kysely';
import Cursor from 'pg-cursor';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { notesOf } from '../../pg/test/tenants.ts';
import { until } from './waiting.ts';

interface Tables {
  note: { tenant: number; body: string };
}

const database = await openDatabase(inject('servers'), notesOf(5));
const guest = `guest_of_${database.role}`;
await database.admin(
  `create role ${guest}; grant ${guest} to ${database.role}; grant select on note to ${guest}`,
);
afterAll(async () => {
  await database.admin(`drop owned by ${guest}; drop role ${guest}`);
  await database[Symbol.asyncDispose]();
});

const dialects = {
  'over pg': (connectionString: string) =>
    new PostgresDialect({ pool: { connectionString, max: 2 }, cursor: Cursor }),
  'over postgres.js': (url: string) => new PostgresJSDialect({ postgres: { url, max: 2 } }),
};

const as = <T>(tenant: number, work: () => T) => withSettings({ role: guest, 'app.tenant_id': tenant }, work);
const asked = ['body', sql<string>`current_user::text`.as('role')] as const;
const ofTenant = (n: number) => [{ body: `of ${n}`, role: guest }];

for (const [over, dialectOf] of Object.entries(dialects)) {
  describe.each(database.routes.map((route) => [route.name, route.url] as const))(`${over}, %s`, (_, url) => {
    const open = () => {
      const db = new Kysely<Tables>({ dialect: dialectOf(url) });
      return Object.assign(db, { [Symbol.asyncDispose]: () => db.destroy() });
    };

    test('single statements, transactions and savepoints', async () => {
      await using db = open();
      const select = (of: Kysely<Tables>) =>
        of.selectFrom('note').select(asked).where('tenant', '>', 0).execute();
      for (let n = 1; n <= 5; n += 1) {
        expect(await as(n, () => select(db))).toEqual(ofTenant(n));
        const within = db.transaction().setIsolationLevel('serializable');
        expect(await as(n, () => within.execute(select))).toEqual(ofTenant(n));
        expect(await as(n, () => db.connection().execute(select))).toEqual(ofTenant(n));
        const add = (of: Kysely<Tables>) => of.insertInto('note').values({ tenant: n, body: 'x' }).execute();
        await expect(as(n, () => add(db))).rejects.toMatchObject({ code: '42501' });
      }
      await as(1, async () => {
        const trx = await db.startTransaction().execute();
        const saved = await trx.savepoint('one').execute();
        await expect(saved.executeQuery(CompiledQuery.raw('select 1 / 0'))).rejects.toThrow('division');
        const after = await saved.rollbackToSavepoint('one').execute();
        expect(await select(after)).toEqual(ofTenant(1));
        await trx.rollback().execute();
      });
      expect(await select(db)).toEqual([]);
    });

    test('a stream in a transaction', async () => {
      await using db = open();
      const rows: unknown[] = [];
      await as(3, () =>
        db.transaction().execute(async (trx) => {
          for await (const row of trx.selectFrom('note').select(asked).stream(1)) rows.push(row);
        }),
      );
      expect(rows).toEqual(ofTenant(3));
    });

    test('a session that is killed is gone, although its role may not do that', async () => {
      await using db = open();
      const abort = new AbortController();
      const options = { signal: abort.signal, inflightQueryAbortStrategy: 'kill session' } as const;
      const endless = CompiledQuery.raw(`select pg_sleep(60), 'of ${over}'`);
      const active = async () =>
        (await database.admin(
          "select pid from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()",
          [`%pg_sleep(60), 'of ${over}%`],
        )) as { pid: number }[];
      const killed = as(1, () => db.transaction().execute((trx) => trx.executeQuery(endless, options)));
      const error = killed.catch((error) => error);
      await until(async () => (await active()).length === 1);
      const [{ pid }] = (await active()) as [{ pid: number }];
      abort.abort(new Error('enough'));
      expect(await error).toBeInstanceOf(Error);
      const alive = 'select 1 from pg_stat_activity where pid = $1';
      await until(async () => (await database.admin(alive, [pid])).length === 0);
      expect(await as(1, () => db.selectFrom('note').select(asked).execute())).toEqual(ofTenant(1));
    });
  });
}

test('a stream on its own, over postgres.js', async () => {
  for (const { url } of database.routes) {
    const db = new Kysely<Tables>({ dialect: dialects['over postgres.js'](url) });
    const rows: unknown[] = [];
    await as(4, async () => {
      for await (const row of db.selectFrom('note').select(asked).stream(1)) rows.push(row);
    });
    await db.destroy();
    expect(rows).toEqual(ofTenant(4));
  }
});
