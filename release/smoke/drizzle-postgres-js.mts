import { drizzle, withSettings } from '@poolsafe/drizzle/postgres-js';
import type { migrate } from '@poolsafe/drizzle/postgres-js/migrator';
import { sql } from 'drizzle-orm';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import { type Known, refusal, smoke, tenant } from './smoke.mjs';

const numbers = pgTable('numbers', { n: integer('n').notNull() });
const open = (url: string) => drizzle(url, { schema: { numbers } });

export const known: [Known<typeof drizzle>, Known<ReturnType<typeof open>>, Known<typeof migrate>] = [
  'known',
  'known',
  'known',
];
// @ts-expect-error there is no such pooler
export const wrong = () => drizzle('', { poolsafe: { pooler: 'nonsense' } });

smoke(async (url) => {
  const db = open(url);
  const query = () => db.select({ n: numbers.n }).from(numbers).where(sql`${numbers.n} = ${7}`);
  for (let i = 0; i < 4; i++) await query();
  const rows = await query();
  const n: number = rows[0]!.n;
  const name = await db.transaction(async (tx) => {
    await tx.execute(sql`create temporary table t (name text) on commit drop`);
    await tx.execute(sql`insert into t values (${'Ada'})`);
    const read = await tx.execute<{ name: string }>(sql`select name from t`);
    return read[0]!.name;
  });
  const setting = async () => {
    const read = await db.execute<{ tenant: string }>(sql`select ${sql.raw(tenant)} as tenant`);
    return read[0]!.tenant;
  };
  const inside = await withSettings({ 'app.tenant_id': 7 }, setting);
  const after = await setting();
  const refused = await refusal(() => db.execute(sql`set work_mem to '64MB'`));
  await db.$client.end();
  return { query: n, transaction: name, setting: inside, after, refused };
});
