import guarded from '@poolsafe/pg';
import {
  ConfigError,
  DataSource,
  type DataSourceOptions,
  type PostgresOptions,
  withPoolsafe,
} from '@poolsafe/typeorm';
import pg from 'pg';
import { expect, test } from 'vitest';
import { errorOf } from '../../core/test/error-of.ts';
import { expectConfigError, type Unusable } from '../../pg/test/config-errors.ts';

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';
const direct = 'postgres://app:hunter2@ep-1.neon.tech/shop';
const neon = 'postgres://app:hunter2@ep-1-pooler.neon.tech/shop';
const hosts = (...urls: string[]) => {
  const [master, ...slaves] = urls.map((url) => ({ url }));
  return { replication: { master, slaves } };
};

/** Options that cannot work, whoever makes the data source. */
const unusable: Unusable<object> = [
  ['pg itself as the driver', { url, driver: pg }, /`driver` is a driver that poolsafe does not guard/],
  ['something else as the driver', { url, driver: {} }, /`driver` is a driver/],
  ['a pool class of pg', { url, driver: { ...guarded, Pool: pg.Pool } }, /`driver` is a driver/],
  ['pg-native', { url, nativeDriver: {} }, /`nativeDriver` is a driver/],
  ['a URL that is none', { url: 'hunter2' }, /no scheme/],
  ['a URL that cannot be parsed', { url: 'postgres://app:hun/hunter2@db/shop' }, /cannot be parsed/],
  ['a pooler nobody knows', { url, poolsafe: { pooler: 'pgbounce' } }, /"pgbounce"/],
  ['an option nobody knows', { url, poolsafe: { poler: 'direct' } }, /"poler"/],
  ['an option nobody knows, in extra', { url, extra: { poolsafe: { poler: 1 } } }, /"poler"/],
  ['no object', { url, poolsafe: 'pgbouncer' }, /must be an object/],
  ['a contradiction', { url, poolsafe: { pooler: 'pgbouncer-1.18', statements: 'always' } }, /contradicts/],
  ['a startup parameter', { url, extra: { replication: 'true' } }, /startup parameter: replication/],
  [
    'several startup parameters',
    { url, extra: { replication: 'true', options: '-B 10' } },
    /options: -B, options: 10, replication/,
  ],
  ['parts', { host: '127.0.0.1', port: 6432, extra: { replication: 'true' } }, /replication/],
  ['a slave behind a pooler', { ...hosts(direct, direct, neon), extra: { options: '-B 10' } }, /Neon/],
  ['a master behind a pooler', { ...hosts(neon, direct), extra: { options: '-B 10' } }, /Neon/],
  ['a slave whose URL is none', hosts(url, 'hunter2'), /no scheme/],
];

function check(make: () => unknown, says: RegExp): void {
  const error = errorOf(make);
  // The class that this package exports.
  expect(error).toBeInstanceOf(ConfigError);
  expectConfigError(error, says);
}

for (const [title, given, says] of unusable) {
  test(`ConfigError before any login | ${title}`, () => {
    const options = { type: 'postgres', ...given } as PostgresOptions;
    check(() => new DataSource(options), says);
    check(() => withPoolsafe(options), says);
  });
}

test('ConfigError | options of another kind of database', () => {
  const mysql = { type: 'mysql', url: 'mysql://db' } as const;
  check(() => new DataSource({ ...mysql, poolsafe: {} } as DataSourceOptions), /not of type `postgres`/);
  check(() => withPoolsafe(mysql as never), /not of type `postgres`/);
});

test('ConfigError | migrations that no lock would guard', () => {
  check(() => withPoolsafe({ type: 'postgres', url, migrationsRun: true }), /dataSourceFactory/);
});

/** Whether options lead to a data source. Nothing connects. */
const accepted = (options: object) => new DataSource({ type: 'postgres', ...options } as PostgresOptions);

test('each host has a plan of its own', () => {
  accepted({ ...hosts(direct, direct), extra: { options: '-B 10' } });
  accepted({ ...hosts(neon, direct), extra: { options: '-B 10' }, poolsafe: { pooler: 'direct' } });
});

test('a driver that poolsafe guards is taken', () => {
  class Mine extends guarded.Pool {}
  expect(accepted({ url, driver: guarded })).toBeInstanceOf(DataSource);
  const { options } = accepted({ url, driver: { ...guarded, Pool: Mine }, poolsafe: { pooler: 'direct' } });
  const { driver } = accepted({ ...options, poolsafe: { allow: ['POOLSAFE_LISTEN'] } })
    .options as PostgresOptions;
  const pool = new driver.Pool({ connectionString: url });
  expect(pool).toBeInstanceOf(Mine);
  // The options of the last one count, not those of the data source that they were taken from.
  expect([pool.poolsafe.pooler.name, pool.poolsafe.allow]).toEqual(['pgbouncer', ['POOLSAFE_LISTEN']]);
});
