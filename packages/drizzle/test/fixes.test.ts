import * as nodePostgres from '@poolsafe/drizzle/node-postgres';
import * as postgresJs from '@poolsafe/drizzle/postgres-js';
import { sql } from 'drizzle-orm';
import { describe } from 'vitest';
import { openDatabaseForFixes, testFixes } from '../../pg/test/fixes.ts';

const database = await openDatabaseForFixes();

const drivers: readonly (readonly [string, (url: string) => { $client: { end(): Promise<void> } }])[] = [
  ['node-postgres', nodePostgres.drizzle],
  ['postgres-js', postgresJs.drizzle],
];

describe.each(drivers)('%s', (_, drizzle) => {
  testFixes({
    database,
    stack: 'drizzle',
    open({ url }) {
      const db = drizzle(url);
      return { names: { db, sql }, close: () => db.$client.end() };
    },
  });
});
