import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startStack } from '@poolsafe/stack';
import { drizzleOverPg, drizzleOverPostgresJs } from './capture/drizzle.ts';
import { knex } from './capture/knex.ts';
import { kysely } from './capture/kysely.ts';
import { prisma } from './capture/prisma.ts';
import { recordPg } from './capture/record.ts';
import { typeorm } from './capture/typeorm.ts';

/** Uses an ORM as applications do; what it sends is recorded, by itself through `record` or by the driver's hook. */
export type Scenario = (url: string, record: (text: string) => void) => Promise<void>;

const scenarios: Readonly<Record<string, Scenario>> = {
  'drizzle-node-postgres': drizzleOverPg,
  'drizzle-postgres-js': drizzleOverPostgresJs,
  kysely,
  typeorm,
  knex,
  prisma,
};

const folder = fileURLToPath(new URL('../../packages/core/test/sql', import.meta.url));

await using stack = await startStack({ pgbouncers: [] });
mkdirSync(folder, { recursive: true });
for (const [name, scenario] of Object.entries(scenarios)) {
  const texts = new Set<string>();
  const database = await stack.createDatabase();
  const record = (text: string) => void texts.add(text.replaceAll(database, 'app'));
  const restore = recordPg(record);
  await scenario(stack.postgres.url(database), record).finally(restore);
  writeFileSync(`${folder}/${name}.json`, `${JSON.stringify([...texts].sort(), null, 2)}\n`);
  console.log(`${name}: ${texts.size} texts`);
}
