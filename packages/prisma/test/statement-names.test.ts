import { createHash } from 'node:crypto';
import type { Plan } from '@poolsafe/pg';
import { PrismaPg, type PrismaPgOptions } from '@poolsafe/prisma';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { client, type PrismaClient, tables } from './generated.ts';

const database = await openDatabase(
  inject('servers'),
  tables,
  `insert into "Author" (name) values ('Ada'), ('Bob')`,
);
afterAll(() => database[Symbol.asyncDispose]());

/** As Prisma's documentation has it: every statement has a name, BEGIN and COMMIT too. */
const statementNameGenerator = ({ sql }: { sql: string }) => createHash('sha1').update(sql).digest('hex');

async function names(url: string, options: PrismaPgOptions): Promise<{ kept: unknown; seen: unknown }> {
  const adapter = new PrismaPg({ connectionString: url, max: 1 }, { statementNameGenerator, ...options });
  const db: PrismaClient = new client.PrismaClient({ adapter });
  const ask = (id: number) => db.author.findUnique({ where: { id } });
  const seen = [await ask(1), await ask(2), await ask(1)];
  seen.push(
    ...(await db.$transaction(async (tx) => [await tx.author.findFirst({ where: { name: 'Ada' } })])),
  );
  const [row] = await db.$queryRawUnsafe<{ n: number }[]>(
    "select count(*)::int as n from pg_prepared_statements where statement like '%Author%' and length(name) = 40",
  );
  await db.$disconnect();
  return { kept: (row?.n ?? 0) > 0, seen };
}

const [ada, bob] = [
  { id: 1, name: 'Ada' },
  { id: 2, name: 'Bob' },
];
const seen = [ada, bob, ada, ada];

for (const { name, url } of database.routes) {
  test(`names are replaced, and answers are right | ${name}`, async () => {
    expect(await names(url, {})).toEqual({ kept: false, seen });
  });
}

test('names are kept where the options say so', async () => {
  expect(await names(database.direct.url, { poolsafe: { statements: 'always' } })).toEqual({
    kept: true,
    seen,
  });
});

test('what was decided can be read', async () => {
  const adapter = await new PrismaPg(database.through('1.18').url, {
    poolsafe: { pooler: 'pgbouncer' },
  }).connect();
  const { poolsafe } = adapter.underlyingDriver() as unknown as { poolsafe: Plan };
  expect(poolsafe).toMatchObject({ keepsNames: false, recognisedBy: 'option' });
  await adapter.dispose();
});
