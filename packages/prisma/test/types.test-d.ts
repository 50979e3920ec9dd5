// Checked by the compiler alone: that the import can be swapped, and that mistakes are still mistakes.
import { Pool } from '@poolsafe/pg';
import {
  datasourceUrl,
  migrationUrl,
  PrismaPg,
  type PrismaPgOptions,
  settingsExtension,
  UtcClient,
  withSettings,
} from '@poolsafe/prisma';
import type * as bare from '@prisma/adapter-pg';
import type { PrismaClientExtends } from '@prisma/client/scripts/default-index.js';
import pg from 'pg';
import { expectTypeOf, test } from 'vitest';

const url = 'postgres://app@db/shop';
const pool = new Pool();

test('it goes wherever that of Prisma does', () => {
  expectTypeOf<PrismaPg>().toExtend<bare.PrismaPg>();
  expectTypeOf(new PrismaPg(url).connect()).toEqualTypeOf<ReturnType<bare.PrismaPg['connect']>>();
  expectTypeOf<PrismaPg['provider']>().toEqualTypeOf<bare.PrismaPg['provider']>();
});

test('it is made as that of Prisma', () => {
  type Options = NonNullable<ConstructorParameters<typeof bare.PrismaPg>[1]>;
  expectTypeOf<Options>().toExtend<PrismaPgOptions>();
  new PrismaPg(url);
  new PrismaPg({ connectionString: url, max: 1, ssl: true, application_name: 'web' }, { schema: 'other' });
  new PrismaPg({ host: 'db', port: 5432, user: 'app', password: async () => 'secret' });
  new PrismaPg(pool, { disposeExternalPool: true, onPoolError: (error) => error.message });
  new PrismaPg(new Pool({ Client: UtcClient }), { onConnectionError: (error) => error.stack });
  new PrismaPg(url, { statementNameGenerator: ({ sql }) => sql, poolsafe: { pooler: 'pgbouncer' } });
  new PrismaPg(url, { userDefinedTypeParser: async (oid, value, adapter) => [oid, value, adapter.provider] });
  new PrismaPg({ connectionString: url, poolsafe: { onHazard: 'warn' } });
  new PrismaPg({ connectionString: process.env.DATABASE_URL });
});

test('the extension goes where Prisma takes one, and changes nothing of the client', () => {
  const extend = (client: PrismaClientExtends) => client.$extends(settingsExtension);
  expectTypeOf<ReturnType<typeof extend>>().toExtend<PrismaClientExtends>();
  expectTypeOf(withSettings({ 'app.tenant_id': 1 }, async () => 'note')).toEqualTypeOf<Promise<string>>();
});

test('URLs', () => {
  expectTypeOf(datasourceUrl(url)).toEqualTypeOf<string>();
  expectTypeOf(datasourceUrl(process.env.DATABASE_URL, { engineVersion: '5.22.0' })).toEqualTypeOf<string>();
  expectTypeOf(
    datasourceUrl(url, { connectionLimit: null, poolTimeout: 5, schema: 'a' }),
  ).toEqualTypeOf<string>();
  expectTypeOf(migrationUrl()).toEqualTypeOf<string>();
  expectTypeOf(migrationUrl({ url, direct: process.env.DIRECT_URL })).toEqualTypeOf<string>();
});

test('mistakes', () => {
  // @ts-expect-error
  new PrismaPg();
  // @ts-expect-error
  new PrismaPg(process.env.DATABASE_URL);
  // @ts-expect-error
  new PrismaPg(new pg.Pool());
  // @ts-expect-error
  new PrismaPg(1);
  // @ts-expect-error
  new PrismaPg(url, { schemas: 'other' });
  // @ts-expect-error
  new PrismaPg(url, { poolsafe: { pooler: 'pgbounce' } });
  // @ts-expect-error
  new PrismaPg({ connectionString: url, poolsafe: { poler: 'direct' } });
  // @ts-expect-error
  datasourceUrl(url, { connectionLimit: '3' });
  // @ts-expect-error
  datasourceUrl(url, { pooler: 'pgbouncer' });
  // @ts-expect-error
  withSettings({ 'app.tenant_id': undefined }, () => 1);
  // @ts-expect-error
  migrationUrl(url);
});
