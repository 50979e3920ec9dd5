import {
  type datasourceUrl,
  type migrationUrl,
  PrismaPg,
  settingsExtension,
  withSettings,
} from '@poolsafe/prisma';
import { PrismaClient } from '@prisma/client';
import { type Known, refusal, smoke, tenant } from './smoke.mjs';

const open = (url: string) =>
  new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 2 }) }).$extends(settingsExtension);

export const known: [
  Known<PrismaPg>,
  Known<ReturnType<typeof open>>,
  Known<typeof datasourceUrl>,
  Known<typeof migrationUrl>,
] = ['known', 'known', 'known', 'known'];
// @ts-expect-error there is no such pooler
export const wrong = () => new PrismaPg('', { poolsafe: { pooler: 'nonsense' } });

smoke(async (url) => {
  const db = open(url);
  const query = () => db.numbers.findFirstOrThrow({ where: { n: 7 } });
  for (let i = 0; i < 4; i++) await query();
  const row = await query();
  const n: number = row.n;
  const name = await db.$transaction(async (tx) => {
    await tx.$executeRaw`create temporary table t (name text) on commit drop`;
    await tx.$executeRaw`insert into t values (${'Ada'})`;
    const read = await tx.$queryRaw<{ name: string }[]>`select name from t`;
    return read[0]!.name;
  });
  const setting = async () => {
    const rows = await db.$queryRawUnsafe<{ tenant: string }[]>(`select ${tenant} as tenant`);
    return rows[0]!.tenant;
  };
  const inside = await withSettings({ 'app.tenant_id': 7 }, setting);
  const after = await setting();
  const refused = await refusal(() => db.$executeRawUnsafe("set work_mem to '64MB'"));
  await db.$disconnect();
  return { query: n, transaction: name, setting: inside, after, refused };
});
