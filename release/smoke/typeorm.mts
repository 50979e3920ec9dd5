import { DataSource, type withPoolsafe, withSettings } from '@poolsafe/typeorm';
import { EntitySchema } from 'typeorm';
import { type Known, refusal, smoke, tenant } from './smoke.mjs';

interface Numbers {
  n: number;
}
const entity = new EntitySchema<Numbers>({ name: 'numbers', columns: { n: { type: 'int', primary: true } } });
const open = (url: string) =>
  new DataSource({ type: 'postgres', url, entities: [entity], extra: { max: 2 } });

export const known: [Known<DataSource>, Known<ReturnType<typeof open>>, Known<typeof withPoolsafe>] = [
  'known',
  'known',
  'known',
];
// @ts-expect-error there is no such pooler
export const wrong = () => new DataSource({ type: 'postgres', poolsafe: { pooler: 'nonsense' } });

smoke(async (url) => {
  const db = await open(url).initialize();
  const query = () => db.getRepository(entity).findOneByOrFail({ n: 7 });
  for (let i = 0; i < 4; i++) await query();
  const row = await query();
  const n: number = row.n;
  const name = await db.transaction(async (manager): Promise<string> => {
    await manager.query('create temporary table t (name text) on commit drop');
    await manager.query('insert into t values ($1)', ['Ada']);
    return (await manager.query('select name from t'))[0].name;
  });
  const setting = async (): Promise<string> => (await db.query(`select ${tenant} as tenant`))[0].tenant;
  const inside = await withSettings({ 'app.tenant_id': 7 }, setting);
  const after = await setting();
  const refused = await refusal(() => db.query("set work_mem to '64MB'"));
  await db.destroy();
  return { query: n, transaction: name, setting: inside, after, refused };
});
