import postgres, { type HazardError, type Sql, withSettings } from '@poolsafe/postgres';
import { type Known, refusal, smoke, tenant } from './smoke.mjs';

export const known: [Known<Sql>, Known<typeof postgres>, Known<HazardError>] = ['known', 'known', 'known'];
// @ts-expect-error there is no such pooler
export const wrong = () => postgres({ poolsafe: { pooler: 'nonsense' } });

smoke(async (url) => {
  const sql = postgres(url, { max: 2 });
  const query = () => sql<{ n: number }[]>`select ${7}::int as n`;
  for (let i = 0; i < 4; i++) await query();
  const [row] = await query();
  const name = await sql.begin(async (tx) => {
    await tx`create temporary table t (name text) on commit drop`;
    await tx`insert into t values (${'Ada'})`;
    const [read] = await tx<{ name: string }[]>`select name from t`;
    return read!.name;
  });
  const setting = async () =>
    (await sql<{ tenant: string }[]>`select ${sql.unsafe(tenant)} as tenant`)[0]!.tenant;
  const inside = await withSettings({ 'app.tenant_id': 7 }, setting);
  const after = await setting();
  const refused = await refusal(() => sql`set work_mem to '64MB'`);
  await sql.end();
  return { query: row!.n, transaction: name, setting: inside, after, refused };
});
