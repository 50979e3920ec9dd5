import type pg from '@poolsafe/pg';
import { Client, type HazardError, Pool, type PoolConfig, withSettings } from '@poolsafe/pg';
import { type Known, refusal, smoke, tenant } from './smoke.mjs';

export const known: [
  Known<Pool>,
  Known<Client>,
  Known<PoolConfig>,
  Known<typeof pg.Pool>,
  Known<HazardError>,
] = ['known', 'known', 'known', 'known', 'known'];
// @ts-expect-error there is no such pooler
export const wrong: PoolConfig = { poolsafe: { pooler: 'nonsense' } };

smoke(async (connectionString) => {
  const pool = new Pool({ connectionString, max: 2 });
  const query = () => pool.query<{ n: number }>('select $1::int as n', [7]);
  for (let i = 0; i < 4; i++) await query();
  const { rows } = await query();
  const client = await pool.connect();
  await client.query('begin');
  await client.query('create temporary table t (name text) on commit drop');
  await client.query('insert into t values ($1)', ['Ada']);
  const read = await client.query<{ name: string }>('select name from t');
  await client.query('commit');
  client.release();
  const setting = () => pool.query<{ tenant: string }>(`select ${tenant} as tenant`);
  const inside = await withSettings({ 'app.tenant_id': 7 }, setting);
  const after = await setting();
  const refused = await refusal(() => pool.query("set work_mem to '64MB'"));
  const direct = new Client({ connectionString });
  await direct.connect();
  await direct.end();
  await pool.end();
  return {
    query: rows[0]!.n,
    transaction: read.rows[0]!.name,
    setting: inside.rows[0]!.tenant,
    after: after.rows[0]!.tenant,
    refused,
  };
});
