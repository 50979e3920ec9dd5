import { type AbortableQueryOptions, CompiledQuery, type Kysely } from 'kysely';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { openSlowCancel } from './slow-cancel.ts';
import { closeGate, soon, until } from './waiting.ts';

type Strategy = NonNullable<AbortableQueryOptions['inflightQueryAbortStrategy']>;

const strategies: readonly Strategy[] = ['cancel query', 'kill session'];
const one = CompiledQuery.raw('select 1 as one');
/** A query that goes on until it is cancelled, known by its marker. */
const endless = (marker: string) => CompiledQuery.raw(`select pg_sleep(60), '${marker}'`);

/** That aborting a query ends it on the server, and nothing else, whatever the driver. `open`: with one connection. */
export async function cancelTests(open: (url: string) => Kysely<unknown>): Promise<void> {
  const database = await openDatabase(inject('servers'), 'create table gate as select 1 as n');
  afterAll(() => database[Symbol.asyncDispose]());

  const opened = (url: string) => {
    const db = open(url);
    return { db, [Symbol.asyncDispose]: () => db.destroy() };
  };
  const active = async (marker: string) => {
    const query = `select 1 from pg_stat_activity
      where datname = current_database() and state = 'active' and query like $1 and pid <> pg_backend_pid()`;
    return (await database.admin(query, [`%${marker}%`])).length;
  };

  for (const { name, url } of database.routes) {
    for (const inflightQueryAbortStrategy of strategies) {
      const title = `${name} | ${inflightQueryAbortStrategy}`;

      test(`${title} | ends its query on the server, and no other`, async () => {
        await using app = opened(url);
        await using other = opened(url);
        const bystander = other.db.executeQuery(CompiledQuery.raw(`select pg_sleep(1), 'other ${title}'`));
        const abort = new AbortController();
        const options = { signal: abort.signal, inflightQueryAbortStrategy };
        const query = app.db.executeQuery(endless(`own ${title}`), options);
        await until(async () => (await active(title)) === 2);
        abort.abort(new Error('enough'));
        await expect(query).rejects.toThrow('enough');
        await until(async () => (await active(`own ${title}`)) === 0);
        expect((await bystander).rows).toHaveLength(1);
        expect((await app.db.executeQuery(one)).rows).toEqual([{ one: 1 }]);
      });

      test(`${title} | what comes next on the connection is not hit by a request that is late`, async () => {
        await using way = await openSlowCancel(url);
        await using app = opened(way.url);
        const openGate = await closeGate(database.direct.url);
        const abort = new AbortController();
        const text = `select n, 'late ${title}' from gate for update`;
        const options = { signal: abort.signal, inflightQueryAbortStrategy };
        const aborted = app.db
          .transaction()
          .execute((trx) => trx.executeQuery(CompiledQuery.raw(text), options))
          .catch(() => 'aborted');
        await until(async () => (await active(`late ${title}`)) === 1);
        abort.abort();
        await until(() => way.waiting() === 1);
        const next = app.db.executeQuery(CompiledQuery.raw(`select pg_sleep(1), 'next ${title}'`));
        await openGate();
        const began = await soon(async () => (await active(`next ${title}`)) > 0);
        way.release();
        expect(await aborted).toBe('aborted');
        expect((await next).rows).toHaveLength(1);
        expect(began).toBe(false);
      });
    }

    test(`${name} | a killed session is gone, and so is what its transaction did`, async () => {
      await using app = opened(url);
      const abort = new AbortController();
      let pid: unknown;
      const killed = app.db.transaction().execute(async (trx) => {
        const made = CompiledQuery.raw(`create table made_${name.replace('.', '_')} (n int)`);
        await trx.executeQuery(made);
        [pid] = (await trx.executeQuery(CompiledQuery.raw('select pg_backend_pid() as pid'))).rows;
        const options = { signal: abort.signal, inflightQueryAbortStrategy: 'kill session' } as const;
        await trx.executeQuery(endless(`killed ${name}`), options);
      });
      await until(async () => (await active(`killed ${name}`)) === 1);
      abort.abort();
      await expect(killed).rejects.toThrow();
      const { pid: backend } = pid as { pid: number };
      const alive = 'select 1 from pg_stat_activity where pid = $1';
      await until(async () => (await database.admin(alive, [backend])).length === 0);
      expect(await database.admin("select relname from pg_class where relname like 'made_%'")).toEqual([]);
      expect((await app.db.executeQuery(one)).rows).toEqual([{ one: 1 }]);
    });

    test(`${name} | a signal that comes before or after the query sends nothing`, async () => {
      await using way = await openSlowCancel(url);
      await using app = opened(way.url);
      const run = (signal: AbortSignal) =>
        app.db.executeQuery(one, { signal, inflightQueryAbortStrategy: 'cancel query' });
      await expect(run(AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
      const abort = new AbortController();
      await run(abort.signal);
      abort.abort();
      expect((await app.db.executeQuery(one)).rows).toEqual([{ one: 1 }]);
      expect(way.waiting()).toBe(0);
    });
  }
}
