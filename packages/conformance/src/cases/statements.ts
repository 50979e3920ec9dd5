import { always, type Case, type Context, classicOrTracking, whereDiscarded } from '../case.ts';
import { Finding, innermost, refusalIn } from '../verdict.ts';

/** Makes the tables, and returns a query of each, and a name for one that nobody else uses on the same pooler. */
async function tables({
  site: { sql, schema },
}: Context): Promise<{ find: string; reveal: string; name: string }> {
  await sql(`
    create table ${schema}.item (id int primary key, name text not null);
    insert into ${schema}.item select i, 'item ' || i from generate_series(1, 200) i;
    create table ${schema}.vault (id int primary key, secret text not null);
    insert into ${schema}.vault select i, 'secret ' || i from generate_series(1, 200) i;`);
  return {
    find: `select id, name from ${schema}.item where id = $1`,
    reveal: `select id, secret as name from ${schema}.vault where id = $1`,
    name: `find_${schema}`,
  };
}

function expectName(rows: readonly { readonly name?: unknown }[], name: string): void {
  if (rows.length !== 1 || rows[0]?.name !== name) {
    throw new Finding('wrong answer', `wanted "${name}", got ${JSON.stringify(rows.map((row) => row.name))}`);
  }
}

/** Named prepared statements: what the bug reports are about. */
export const statementCases: readonly Case[] = [
  {
    id: 'named-elsewhere',
    title: 'Named statement again, on another server connection',
    needs: ['named'],
    bare: classicOrTracking('error', 'ok'),
    safe: always('ok'),
    async run(context) {
      const { find, name } = await tables(context);
      const app = context.app();
      expectName(await app.named(name, find, [1]), 'item 1');
      await context.elsewhere(async () => expectName(await app.named(name, find, [2]), 'item 2'));
    },
  },
  {
    id: 'named-in-transaction',
    title: 'The same inside a transaction',
    needs: ['named'],
    bare: classicOrTracking('error', 'ok'),
    safe: always('ok'),
    async run(context) {
      const { find, name } = await tables(context);
      const app = context.app();
      expectName(await app.named(name, find, [1]), 'item 1');
      await context.elsewhere(() =>
        app.transaction(async (tx) => expectName(await tx.named(name, find, [2]), 'item 2')),
      );
    },
  },
  {
    id: 'named-two-clients',
    title: 'Two clients, same name, same SQL',
    needs: ['named'],
    bare: whereDiscarded('ok', classicOrTracking('error', 'ok')),
    safe: always('ok'),
    async run(context) {
      const { find, name } = await tables(context);
      const [first, second] = [context.app(), context.app()];
      expectName(await first.named(name, find, [1]), 'item 1');
      expectName(await second.named(name, find, [2]), 'item 2');
    },
  },
  {
    id: 'named-other-sql',
    title: "Two clients, same name, other SQL: rows of the other's query",
    needs: ['named'],
    bare: whereDiscarded('error', classicOrTracking('wrong answer', 'ok')),
    safe: always('ok'),
    async run(context) {
      const { find, reveal, name } = await tables(context);
      const [service, other] = [context.app(), context.app()];
      expectName(await other.named(name, reveal, [1]), 'secret 1');
      await context.elsewhere(async () => expectName(await service.named(name, find, [1]), 'item 1'));
      // The helper gave its server connection back last, so the next statement runs where the name is the other's.
      expectName(await service.named(name, find, [2]), 'item 2');
    },
  },
  {
    id: 'workload',
    title: '20 workers, 200 times the same named query',
    needs: ['named'],
    bare: classicOrTracking('error', 'ok'),
    safe: always('ok'),
    deadline: 20_000,
    run: runWorkload,
  },
  {
    id: 'several-statements',
    title: 'Several statements with parameters: 42601, as without a pooler',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      const app = context.app();
      const error = await app.query('select $1::int; select $2::int', [1, 2]).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const { code } = innermost(error);
      if (code !== '42601') throw new Finding('wrong answer', `wanted 42601, got ${String(code)}`);
      await app.query('select 1');
    },
  },
];

/** What each of 20 workers does 200 times, and how often it went wrong. */
async function runWorkload(context: Context): Promise<void> {
  const { find, name } = await tables(context);
  const app = context.app({ max: 20 });
  const failures = new Map<string, number>();
  let wrong = 0;
  const worker = async (_: unknown, index: number) => {
    for (let i = 0; i < 200; i += 1) {
      const id = ((index * 7 + i) % 200) + 1;
      try {
        const [row] = await app.named(name, find, [id]);
        if (row?.id !== id || row?.name !== `item ${id}`) wrong += 1;
      } catch (error) {
        if (refusalIn(error) !== undefined) throw error;
        const message = String(innermost(error).message);
        failures.set(message, (failures.get(message) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  if (wrong > 0) throw new Finding('wrong answer', `${wrong} of 4000 answers belong to another query`);
  const failed = [...failures.values()].reduce((sum, n) => sum + n, 0);
  const [first] = [...failures].sort((a, b) => b[1] - a[1]);
  if (first !== undefined) throw new Finding('error', `${failed} of 4000 failed, most with: ${first[0]}`);
}
