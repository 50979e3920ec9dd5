import pg from 'pg';
import postgres from 'postgres';
import { describe } from 'vitest';
import { migrateTheSame } from '../migrator/same.ts';
import { type Lib, migrateDirectly, migrateTogether } from '../migrator/together.ts';
import { version } from './use-lowest.ts';

const onnotice = () => {};

describe(`node-postgres ${version}`, async () => {
  const bare = await import('drizzle-orm/node-postgres');
  const guarded = await import('@poolsafe/drizzle/node-postgres');
  const safeLib = { ...guarded, ...(await import('@poolsafe/drizzle/node-postgres/migrator')) };
  const bareLib = {
    ...(await import('drizzle-orm/node-postgres/migrator')),
    drizzle(url: string) {
      const $client = new pg.Pool({ connectionString: url });
      return Object.assign(bare.drizzle($client), { $client });
    },
  };
  migrateTogether(safeLib as unknown as Lib);
  migrateDirectly(safeLib as unknown as Lib);
  migrateTheSame(bareLib as unknown as Lib, safeLib as unknown as Lib);
});

describe(`postgres-js ${version}`, async () => {
  const bare = await import('drizzle-orm/postgres-js');
  const { drizzle } = await import('@poolsafe/drizzle/postgres-js');
  const safeLib = {
    ...(await import('@poolsafe/drizzle/postgres-js/migrator')),
    drizzle: (url: string, config?: object) => drizzle({ connection: { url, onnotice }, ...config }),
  };
  const bareLib = {
    ...(await import('drizzle-orm/postgres-js/migrator')),
    drizzle(url: string) {
      const $client = postgres(url, { onnotice });
      return Object.assign(bare.drizzle($client), { $client });
    },
  };
  migrateTogether(safeLib as unknown as Lib);
  migrateDirectly(safeLib as unknown as Lib);
  migrateTheSame(bareLib as unknown as Lib, safeLib as unknown as Lib);
});
