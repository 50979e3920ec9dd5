import { PrismaPg } from '@poolsafe/prisma';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { client, type PrismaClient, tables } from './generated.ts';

const database = await openDatabase(inject('servers'), tables);
afterAll(() => database[Symbol.asyncDispose]());

const secret = "select set_config('app.token', $1, false)";
type Step = (db: PrismaClient) => Promise<unknown>;

const refused: Readonly<Record<string, [code: string, step: Step]>> = {
  $queryRaw: [
    'POOLSAFE_SET_CONFIG',
    (db) => db.$queryRaw`select set_config('app.token', ${'hunter2'}, false)`,
  ],
  $queryRawUnsafe: ['POOLSAFE_SET_CONFIG', (db) => db.$queryRawUnsafe(secret, 'hunter2')],
  $executeRaw: ['POOLSAFE_SESSION_SET', (db) => db.$executeRaw`set app.token = 'hunter2'`],
  'in an interactive transaction': [
    'POOLSAFE_SET_CONFIG',
    (db) => db.$transaction((tx) => tx.$queryRawUnsafe(secret, 'hunter2')),
  ],
  'in a batch': [
    'POOLSAFE_SET_CONFIG',
    (db) =>
      db.$transaction([db.author.create({ data: { name: 'Ada' } }), db.$queryRawUnsafe(secret, 'hunter2')]),
  ],
  'BEGIN without a transaction': ['POOLSAFE_TRANSACTION_ON_POOL', (db) => db.$executeRawUnsafe('begin')],
  LISTEN: ['POOLSAFE_LISTEN', (db) => db.$executeRawUnsafe('listen news')],
};

for (const [title, [code, step]] of Object.entries(refused)) {
  test(`the code of the refusal is that of the error of Prisma | ${title}`, async () => {
    const { url } = database.through('1.18');
    const db: PrismaClient = new client.PrismaClient({
      adapter: new PrismaPg({ connectionString: url, max: 1 }),
    });
    const error = await step(db).then(
      () => undefined,
      (error: Error & { code: string }) => error,
    );
    expect(error).toBeInstanceOf(client.Prisma.PrismaClientKnownRequestError);
    expect(error).toMatchObject({ code });
    expect(error?.message).toMatch(new RegExp(`${code} .*fix: .*read more: docs/hazards/${code}\\.md`, 's'));
    expect(error?.message).not.toContain('hunter2');
    // Nothing of it happened, and its connection is free again.
    expect(await db.author.count()).toBe(0);
    await db.$disconnect();
  });
}

test('poolsafe counts in either bag', async () => {
  const { url } = database.through('1.18');
  const poolsafe = { allow: ['POOLSAFE_LISTEN'] } as const;
  const adapters = [
    new PrismaPg(url, { poolsafe }),
    new PrismaPg({ connectionString: url }, { poolsafe }),
    new PrismaPg({ connectionString: url, poolsafe }),
  ];
  for (const adapter of adapters) {
    const db: PrismaClient = new client.PrismaClient({ adapter });
    expect(await db.$executeRawUnsafe('listen news; unlisten news')).toBe(0);
    await db.$disconnect();
  }
});
