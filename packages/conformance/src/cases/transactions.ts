import { setTimeout as sleep } from 'node:timers/promises';
import { always, behindPooler, type Case } from '../case.ts';
import { Finding } from '../verdict.ts';

const needsPooler = 'It is wrong without a pooler too.';

/** What is right inside a transaction only, and work that reaches a stranger. */
export const transactionCases: readonly Case[] = [
  {
    id: 'local-outside-transaction',
    title: 'set_config(…, true) without a transaction',
    needs: [],
    needsPooler,
    bare: always('wrong answer'),
    safe: always('refused'),
    async run(context) {
      const app = context.app();
      await app.query("select set_config('app.tenant_id', '1', true)");
      const [row] = await app.query("select nullif(current_setting('app.tenant_id', true), '') as tenant");
      if (row?.tenant !== '1') throw new Finding('wrong answer', 'the setting is gone, and no error');
    },
  },
  {
    id: 'xact-lock-outside-transaction',
    title: 'pg_advisory_xact_lock() without a transaction',
    needs: [],
    needsPooler,
    bare: always('wrong answer'),
    safe: always('refused'),
    async run(context) {
      await context.app().query('select pg_advisory_xact_lock(45)');
      const [row] = await context.app().query('select pg_try_advisory_lock(45) as free');
      if (row?.free === true) throw new Finding('wrong answer', 'the lock is gone, and no error');
    },
  },
  {
    id: 'transaction-on-pool',
    title: 'BEGIN and ROLLBACK through the pool',
    needs: [],
    needsPooler,
    bare: always('wrong answer'),
    safe: always('refused'),
    async run(context) {
      await context.site.sql('create table item (n int)');
      const app = context.app({ max: 2 });
      await app.query('begin');
      await Promise.all([app.query('insert into item values (1)'), app.query('insert into item values (2)')]);
      await app.query('rollback');
      const rows = await context.site.sql('select n from item');
      if (rows.length > 0) throw new Finding('wrong answer', `${rows.length} of 2 rows stay after ROLLBACK`);
    },
  },
  {
    id: 'cancel-by-pid',
    title: "pg_cancel_backend() with one's own pid: another client's query is cancelled",
    needs: [],
    bare: behindPooler('wrong answer'),
    safe: always('refused'),
    async run(context) {
      const [app, other, canceller] = [context.app(), context.app(), context.app()];
      const [own] = await app.query('select pg_backend_pid() as pid');
      const running = other.query("select pg_sleep(1), 'done' as state").catch(() => []);
      const active =
        "select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep(1)%' and pid <> pg_backend_pid()";
      while ((await context.site.admin(active)).length === 0) await sleep(10);
      await canceller.query('select pg_cancel_backend($1)', [own?.pid]);
      if ((await running).length === 0)
        throw new Finding('wrong answer', "another client's query was cancelled");
    },
  },
];
