import { PostgresDialect, withSettings } from '@poolsafe/kysely';
import { type Generated, Kysely, sql } from 'kysely';
import { type Known, refusal, smoke, tenant } from './smoke.mjs';

interface Database {
  numbers: { n: Generated<number> };
}
const open = (url: string) => new PostgresDialect({ pool: { connectionString: url, max: 2 } });

export const known: [Known<typeof PostgresDialect>, Known<ReturnType<typeof open>>] = ['known', 'known'];
// @ts-expect-error there is no such pooler
export const wrong = () => new PostgresDialect({ pool: {}, poolsafe: { pooler: 'nonsense' } });

smoke(async (url) => {
  const db = new Kysely<Database>({ dialect: open(url) });
  const query = () => db.selectFrom('numbers').select('n').where('n', '=', 7).executeTakeFirstOrThrow();
  for (let i = 0; i < 4; i++) await query();
  const row = await query();
  const name = await db.transaction().execute(async (tx) => {
    await sql`create temporary table t (name text) on commit drop`.execute(tx);
    await sql`insert into t values (${'Ada'})`.execute(tx);
    const { rows } = await sql<{ name: string }>`select name from t`.execute(tx);
    return rows[0]!.name;
  });
  const setting = async () => {
    const { rows } = await sql<{ tenant: string }>`select ${sql.raw(tenant)} as tenant`.execute(db);
    return rows[0]!.tenant;
  };
  const inside = await withSettings({ 'app.tenant_id': 7 }, setting);
  const after = await setting();
  const refused = await refusal(() => sql`set work_mem to '64MB'`.execute(db));
  await db.destroy();
  return { query: row.n, transaction: name, setting: inside, after, refused };
});
