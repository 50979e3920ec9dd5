import {
  always,
  type Case,
  type Context,
  classicOrTracking,
  type Declared,
  whereDiscarded,
} from '../case.ts';
import { connected } from '../others.ts';
import type { Row, Runner } from '../subject.ts';
import { Finding, type Verdict } from '../verdict.ts';

/** For what another client of the same server connection can do, and nobody without a pooler. */
const behindPoolers =
  (classic: 'error' | 'wrong answer', tracking: 'error' | 'wrong answer'): Declared =>
  ({ row, tracking: tracks }) => {
    if (row === 'direct') return 'ok';
    return tracks ? tracking : classic;
  };

/** Runs a statement under a name, where the library has a way to give one, otherwise as it stands. */
function runner({
  subject,
  site: { schema },
}: Context): (app: Runner, sql: string, value: unknown) => Promise<Row[]> {
  const name = `prepared_${schema}`;
  return (app, sql, value) =>
    subject.supports.named ? app.named(name, sql, [value]) : app.query(sql, [value]);
}

/** So often that poolsafe has given it a name. */
const often = 4;

/** Runs it until it is prepared, changes what it stands on, and runs it again, wanting what it gives then. */
async function changed(
  context: Context,
  {
    sql,
    value,
    before,
    after,
    change,
  }: Readonly<Record<'sql' | 'value' | 'before' | 'after' | 'change', string>>,
): Promise<void> {
  const run = runner(context);
  const app = context.app();
  for (let n = 0; n < often; n += 1) expectNames(await run(app, sql, value), before);
  await context.site.sql(change);
  for (let n = 0; n < often; n += 1) expectNames(await run(app, sql, value), after);
}

function expectNames(rows: readonly Row[], name: string): void {
  const names = rows.map((row) => String(row.name)).join();
  if (names !== name) throw new Finding('wrong answer', `wanted "${name}", got "${names}"`);
}

/** So that everybody gets the server connection that the others had. */
const oneConnection = { default_pool_size: 1 };

/** What becomes of prepared statements when the tables, the server connection or the names change under them. */
export const preparedCases: readonly Case[] = [
  {
    id: 'result-changed',
    title: 'A column more under a prepared statement',
    needs: [],
    bare: always('error'),
    safe: always('ok'),
    settings: oneConnection,
    async run(context) {
      const { sql, schema } = context.site;
      await sql(`create table ${schema}.item as select 1 as id, 'one'::text as name`);
      await changed(context, {
        sql: `select * from ${schema}.item where id = $1`,
        value: '1',
        before: 'one',
        after: 'one',
        change: `alter table ${schema}.item add column price int`,
      });
    },
  },
  {
    id: 'enum-made-anew',
    title: 'An enum made anew under a prepared statement',
    needs: [],
    bare: always('error'),
    safe: always('ok'),
    settings: oneConnection,
    async run(context) {
      const { sql, schema } = context.site;
      const make = `create type ${schema}.mood as enum ('fine')`;
      await sql(make);
      await changed(context, {
        sql: `select ($1::${schema}.mood)::text as name`,
        value: 'fine',
        before: 'fine',
        after: 'fine',
        change: `drop type ${schema}.mood; ${make}`,
      });
    },
  },
  {
    id: 'type-changed',
    title: "A column's type has changed before a client starts",
    needs: [],
    bare: behindPoolers('error', 'wrong answer'),
    safe: always('ok'),
    settings: oneConnection,
    async run(context) {
      const { sql, schema } = context.site;
      await sql(`create table ${schema}.visit (at date, name text);
        insert into ${schema}.visit values ('2022-01-01', 'midnight')`);
      const find = `select name from ${schema}.visit where at = $1`;
      const run = runner(context);
      const old = context.app();
      for (let n = 0; n < often; n += 1) expectNames(await run(old, find, '2022-01-01'), 'midnight');
      await sql(`alter table ${schema}.visit alter at type timestamp;
        insert into ${schema}.visit values ('2022-01-01 07:00', 'morning')`);
      // As a date it would be the one at midnight.
      const deployed = context.app();
      for (let n = 0; n < often; n += 1) {
        expectNames(await run(deployed, find, '2022-01-01T07:00:00Z'), 'morning');
      }
    },
  },
  {
    id: 'deallocated',
    title: 'Somebody else deallocates every statement of the server connection',
    needs: [],
    bare: behindPoolers('error', 'error'),
    safe: always('ok'),
    settings: oneConnection,
    async run(context) {
      const { site } = context;
      await site.sql(`create function ${site.schema}.lose() returns text language plpgsql
        as $$ begin execute 'deallocate all'; return 'lost'; end $$`);
      const find = 'select $1::text as name';
      const run = runner(context);
      const app = context.app();
      for (let n = 0; n < often; n += 1) expectNames(await run(app, find, 'mine'), 'mine');
      const other = await connected(site.url);
      await other.query(`select ${site.schema}.lose()`);
      await other.end();
      for (let n = 0; n < often; n += 1) expectNames(await run(app, find, 'mine'), 'mine');
    },
  },
  {
    id: 'more-than-kept',
    title: '250 named statements, more than a pooler keeps, and again elsewhere',
    needs: ['named'],
    bare: classicOrTracking('error', 'ok'),
    safe: always('ok'),
    async run(context) {
      const app = context.app();
      const round = async () => {
        for (let n = 0; n < 250; n += 1) {
          expectNames(
            await app.named(`s${n}_${context.site.schema}`, `select $1 || ' ${n}' as name`, ['number']),
            `number ${n}`,
          );
        }
      };
      await round();
      await round();
      await context.elsewhere(round);
    },
  },
  {
    id: 'mixed-load',
    title: '20 clients of 4 applications, 10,000 statements, the same names for other texts',
    needs: [],
    bare: classicOrTracking('error', 'ok'),
    safe: always('ok'),
    deadline: 25_000,
    run: runMixedLoad,
  },
];

/** Failures after which there is nothing more to see. */
const enough = 50;

const whereUnnamedIsKept =
  (verdict: Verdict): Declared =>
  ({ row, tracking }) =>
    row === 'odyssey' && tracking ? verdict : 'ok';

/** What becomes of a bare library that names no statement, by the id of the case: Odyssey keeps the others too. */
export const verdictsWithoutNames: Readonly<Record<string, Declared>> = {
  'result-changed': whereUnnamedIsKept('error'),
  'enum-made-anew': whereUnnamedIsKept('error'),
  'type-changed': whereUnnamedIsKept('wrong answer'),
  deallocated: whereUnnamedIsKept('error'),
  'mixed-load': always('ok'),
};

const tracked =
  (verdict: Verdict): Declared =>
  ({ row, tracking }) =>
    tracking && row !== 'direct' ? verdict : 'ok';

/** What becomes of bare postgres.js: it prepares under random names, and prepares again what it knows to be missing. */
export const verdictsOfPostgresJs: Readonly<Record<string, Declared>> = {
  'result-changed': (target) => (target.row === 'odyssey' ? 'ok' : tracked('error')(target)),
  'enum-made-anew': whereDiscarded('ok', always('error')),
  'type-changed': tracked('wrong answer'),
  deallocated: tracked('error'),
  'more-than-kept': always('ok'),
  'mixed-load': always('ok'),
};

/** Each application has 20 texts, of which it shares some with others, under names that all use. */
async function runMixedLoad(context: Context): Promise<void> {
  const { sql, schema } = context.site;
  await sql(`create table ${schema}.item (id int primary key, name text not null);
    insert into ${schema}.item select i, 'item ' || i from generate_series(1, 200) i`);
  const named = context.subject.supports.named;
  let wrong = 0;
  const failures: unknown[] = [];
  const application = async (app: Runner, index: number) => {
    const client = async (_: unknown, seed: number) => {
      for (let i = 0; i < 500 && failures.length < enough; i += 1) {
        const [n, id] = [(seed * 7 + i * 13) % 20, ((seed * 31 + i) % 200) + 1];
        const text = `select id, name, ${(n + index * 5) % 40}::int as extra from ${schema}.item where id = $1`;
        const rows = await (named ? app.named(`q${n}_${schema}`, text, [id]) : app.query(text, [id])).catch(
          (error: unknown) => void failures.push(error),
        );
        const [row] = rows ?? [];
        const right = row?.id === id && row.name === `item ${id}` && row.extra === (n + index * 5) % 40;
        if (rows && !(rows.length === 1 && right)) wrong += 1;
      }
    };
    await Promise.all(Array.from({ length: 5 }, client));
  };
  await Promise.all(Array.from({ length: 4 }, (_, i) => application(context.app({ max: 5 }), i)));
  // Errors first: of those a bare library always has some here, and wrong answers only now and then.
  if (failures.length > 0) throw failures[0];
  if (wrong > 0) throw new Finding('wrong answer', `${wrong} of 10000 answers belong to another statement`);
}
