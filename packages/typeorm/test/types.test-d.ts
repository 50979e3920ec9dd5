// Checked by the compiler alone: that the import can be swapped, and that mistakes are still mistakes.
import {
  DataSource,
  type DataSourceOptions,
  type NestOptions,
  type PoolsafeOptions,
  type PostgresOptions,
  withPoolsafe,
} from '@poolsafe/typeorm';
import * as typeorm from 'typeorm';
import { expectTypeOf, test } from 'vitest';

const url = 'postgres://app@db/shop';
declare const given: typeorm.DataSourceOptions;
declare const dataSource: DataSource;
const Note = new typeorm.EntitySchema<{ id: number }>({ name: 'note', columns: {} });

/** The argument of `TypeOrmModule.forRoot` of @nestjs/typeorm. */
type TypeOrmModuleOptions = {
  retryAttempts?: number;
  retryDelay?: number;
  toRetry?: (error: Error) => boolean;
  autoLoadEntities?: boolean;
  keepConnectionAlive?: boolean;
  verboseRetryLog?: boolean;
  manualInitialization?: boolean;
} & Partial<typeorm.DataSourceOptions>;

test('whatever TypeORM takes, and `poolsafe`', () => {
  expectTypeOf(new DataSource(given)).toEqualTypeOf<DataSource>();
  expectTypeOf<typeorm.DataSourceOptions>().toExtend<DataSourceOptions>();
  new DataSource({ type: 'postgres', url, entities: [Note], poolsafe: { pooler: 'pgbouncer' } });
  new DataSource({ type: 'postgres', replication: { master: { url }, slaves: [] }, poolsafe: {} });
  new DataSource({ type: 'mysql', url, poolSize: 2 });
  new DataSource({ ...given, type: 'postgres', poolsafe: { onHazard: 'warn' } } as PostgresOptions);
  expectTypeOf<PostgresOptions['poolsafe']>().toEqualTypeOf<PoolsafeOptions | undefined>();
});

test('it goes wherever that of TypeORM does', () => {
  expectTypeOf<DataSource>().toExtend<typeorm.DataSource>();
  expectTypeOf(DataSource).toExtend<typeof typeorm.DataSource>();
  expectTypeOf(dataSource.initialize()).resolves.toEqualTypeOf<DataSource>();
  expectTypeOf(dataSource.getRepository(Note)).toEqualTypeOf<typeorm.Repository<{ id: number }>>();
  expectTypeOf(dataSource.runMigrations({ transaction: 'each', fake: true })).resolves.toEqualTypeOf<
    typeorm.Migration[]
  >();
  expectTypeOf(dataSource.undoLastMigration({ transaction: 'none' })).resolves.toBeVoid();
  expectTypeOf(dataSource.query('')).resolves.toBeAny();
  expectTypeOf(dataSource.query<{ n: number }[]>('', [1])).resolves.toEqualTypeOf<{ n: number }[]>();
  expectTypeOf(dataSource.query).toEqualTypeOf<typeorm.DataSource['query']>();
  expectTypeOf(dataSource.options).toEqualTypeOf<typeorm.DataSourceOptions>();
});

test('options for NestJS', () => {
  const options = withPoolsafe({ type: 'postgres', url, autoLoadEntities: true, name: 'b', poolsafe: {} });
  expectTypeOf(options).toEqualTypeOf<PostgresOptions & NestOptions>();
  expectTypeOf(options).toExtend<typeorm.DataSourceOptions>();
  expectTypeOf(options).toExtend<TypeOrmModuleOptions>();
  expectTypeOf<Omit<TypeOrmModuleOptions, keyof typeorm.DataSourceOptions>>().toExtend<NestOptions>();
  new typeorm.DataSource(options);
  type Factory = (options?: typeorm.DataSourceOptions) => Promise<typeorm.DataSource>;
  const factory: Factory = async (options) => new DataSource(options!);
  const another: Factory = async (options) =>
    new DataSource({ ...(options as PostgresOptions), poolsafe: { pooler: 'neon' } });
  expectTypeOf(factory).toEqualTypeOf(another);
});

test('mistakes', () => {
  // @ts-expect-error
  new DataSource();
  // @ts-expect-error
  new DataSource({ url });
  // @ts-expect-error
  new DataSource({ type: 'postgres', ulr: url });
  // @ts-expect-error
  new DataSource({ type: 'postgres', poolsafe: { pooler: 'pgbounce' } });
  // @ts-expect-error
  new DataSource({ type: 'postgres', poolsafe: { poler: 'direct' } });
  // @ts-expect-error
  new DataSource({ type: 'postgres', poolSize: '2' });
  // @ts-expect-error
  new DataSource({ type: 'mysql', url, poolsafe: {} });
  // @ts-expect-error
  new typeorm.DataSource({ type: 'postgres', url, poolsafe: {} });
  // @ts-expect-error
  withPoolsafe({ type: 'mysql', url });
  // @ts-expect-error
  withPoolsafe({ type: 'postgres', ulr: url });
  // @ts-expect-error
  withPoolsafe({ type: 'postgres', url, poolsafe: { onHazard: 'ignore' } });
  // @ts-expect-error
  withPoolsafe({ type: 'postgres', url, retryAttempts: '3' });
  // @ts-expect-error
  dataSource.runMigrations({ transaction: 'some' });
  // @ts-expect-error
  dataSource.query(1);
});
