import { always, type Case, type Context } from '../case.ts';
import { Finding } from '../verdict.ts';

/** One of each kind that a driver serialises by itself, and how PostgreSQL reads it. */
const kinds: readonly { readonly sql: string; readonly value: unknown; readonly text: string }[] = [
  { sql: '($1::boolean)::text', value: true, text: 'true' },
  { sql: '($2::jsonb)::text', value: { list: [1, 'two', null] }, text: '{"list": [1, "two", null]}' },
  { sql: "encode($3::bytea, 'hex')", value: Buffer.from([0, 1, 0xfe, 0xff]), text: '0001feff' },
  {
    sql: "to_char($4::timestamptz at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')",
    value: new Date('2026-03-29T01:30:00.123Z'),
    text: '2026-03-29 01:30:00.123',
  },
  {
    sql: '($5::numeric)::text',
    value: '12345678901234567890.123456789',
    text: '12345678901234567890.123456789',
  },
  { sql: '($6::int[])::text', value: [1, -2, 3], text: '{1,-2,3}' },
  { sql: '($7::text[])::text', value: ['one', 'two, "three"', 'ü'], text: '{one,"two, \\"three\\"",ü}' },
];
const columns = kinds.map(({ sql }, i) => `${sql} as v${i}`);

/** What is sent arrives, and what is reported has happened. */
export const valueCases: readonly Case[] = [
  {
    id: 'values',
    title: 'Parameters of seven types, by two clients on several server connections',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run(context) {
      const apps = [context.app(), context.app()];
      const parameters = kinds.map(({ value }) => value);
      const check = async () => {
        for (const app of apps) {
          const [row] = await app.query(`select ${columns.join(', ')}`, parameters);
          for (const [i, { text }] of kinds.entries()) {
            if (row?.[`v${i}`] === text) continue;
            throw new Finding('wrong answer', `${text} arrived as ${String(row?.[`v${i}`])}`);
          }
        }
      };
      await check();
      await context.elsewhere(check);
      await check();
    },
  },
  {
    id: 'lost-commits',
    title: '10 workers, 20 transactions each: what is reported as committed is there',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    run: runTransactions,
  },
  {
    id: 'time-zone',
    title: 'A Date into timestamptz and back, where the database is in Tokyo',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    async run({ site, app: open }) {
      await site.sql(`
        do $$ begin execute format('alter database %I set timezone to ''Asia/Tokyo''', current_database()); end $$;
        create table event (at timestamptz not null)`);
      const at = new Date('2026-01-01T00:00:00Z');
      const app = open();
      await app.query('insert into event values ($1)', [at]);
      const [stored] = await site.sql('select extract(epoch from at)::float8 * 1000 as at from event');
      if (stored?.at !== at.getTime())
        throw new Finding('wrong answer', `${(Number(stored?.at) - at.getTime()) / 3_600_000} hours off`);
      const [read] = await app.query('select at from event');
      if (new Date(String(read?.at)).getTime() !== at.getTime())
        throw new Finding('wrong answer', `reads ${String(read?.at)}`);
    },
  },
];

async function runTransactions(context: Context): Promise<void> {
  await context.site.sql('create table done (id int not null)');
  const app = context.app({ max: 10 });
  const reported: number[] = [];
  const errors: unknown[] = [];
  const worker = async (_: unknown, index: number) => {
    for (let id = index * 20; id < (index + 1) * 20; id += 1) {
      try {
        await app.transaction((tx) => tx.query('insert into done values ($1)', [id]));
        reported.push(id);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  const there = new Set((await context.site.sql('select id from done')).map(({ id }) => id));
  const lost = reported.filter((id) => !there.has(id));
  if (lost.length > 0)
    throw new Finding('wrong answer', `${lost.length} of ${reported.length} reported commits are not there`);
  if (errors.length > 0) throw errors[0];
}
