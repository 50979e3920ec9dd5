import { setTimeout as sleep } from 'node:timers/promises';
import { always, type Case } from '../case.ts';
import { withDeadline } from '../deadline.ts';
import { closedGate } from '../others.ts';
import type { Site } from '../site.ts';
import { Finding, innermost, messageOf } from '../verdict.ts';

/** Milliseconds in which 25 rows come, on the slowest machine. */
const patience = 3_000;

/** What is left before it has ended. */
export const streamCases: readonly Case[] = [
  {
    id: 'stream',
    title: 'Streams that are left early, while four other clients are busy',
    needs: ['stream'],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      const app = context.app({ max: 2 });
      const read = async (from: number) => {
        const sql = `select i as n from generate_series(${from}, ${from + 5000}) i`;
        const rows = (await app.stream?.(sql, 25)) ?? [];
        const right = rows.length === 25 && rows.every(({ n }, i) => n === from + i);
        if (!right) throw new Finding('wrong answer', 'the rows are not the first 25 of its own query');
      };
      await context.amidTraffic(async () => {
        for (let from = 1; from <= 25; from += 1)
          await withDeadline(Promise.all([read(from), read(-from)]), patience);
      });
      const [row] = await app.query('select 1 as one');
      if (row?.one !== 1) throw new Finding('wrong answer', 'select 1 is not 1');
    },
  },
  {
    id: 'cancel',
    title: 'Cancel a query: it is that one that ends',
    needs: ['cancel'],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      const { site } = context;
      await using gate = await closedGate(site);
      const harm = errorOf(context.app().query(`select 1 ${gate.pass}`));
      await gate.reachedBy(1);
      const app = context.app();
      const started = until(() => runs(site));
      const error = await errorOf(app.cancel?.('select pg_sleep(20)', started));
      if (error === undefined) throw new Finding('wrong answer', 'the query was not cancelled');
      if (innermost(error).code !== '57014' && (error as Error).name !== 'AbortError') throw error;
      await gate.open();
      if ((await harm) !== undefined)
        throw new Finding('wrong answer', `another client's query got: ${messageOf(await harm)}`);
      const late = Date.now() + 2_000;
      await until(async () => Date.now() > late || !(await runs(site)));
      if (await runs(site)) throw new Finding('wrong answer', 'the query still runs, and no error');
      await app.query('select 1');
    },
  },
];

async function errorOf(query: Promise<unknown> | undefined): Promise<unknown> {
  try {
    await query;
    return undefined;
  } catch (error) {
    return error;
  }
}

async function runs({ admin }: Site): Promise<boolean> {
  const active = `select 1 from pg_stat_activity
    where state = 'active' and query like '%pg_sleep(20)%' and pid <> pg_backend_pid() and datname = current_database()`;
  return (await admin(active)).length > 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
