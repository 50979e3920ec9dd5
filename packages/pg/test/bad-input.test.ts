import guarded, { Client, type ClientConfig, ConfigError, Pool, type PoolConfig } from '@poolsafe/pg';
import pg from 'pg';
import { expect, test } from 'vitest';
import { errorOf } from '../../core/test/error-of.ts';
import { expectConfigError, type Unusable } from './config-errors.ts';

/** Configs that cannot work, and what the error must say. */
const unusable: Unusable<unknown> = [
  ['another scheme', { connectionString: 'http://app:hunter2@db/shop' }, /starts with http:\/\//],
  ['no scheme', { connectionString: 'hunter2' }, /no scheme/],
  [
    'a slash in the password',
    { connectionString: 'postgres://app:hun/hunter2@db/shop' },
    /cannot be parsed.*encodeURIComponent/s,
  ],
  ['a hash in the password', { connectionString: 'postgres://app:hun#hunter2@db/shop' }, /cannot be parsed/],
  ['a port that is none', { connectionString: 'postgres://app:hunter2@db:99999/shop' }, /cannot be parsed/],
  ['port 0', { connectionString: 'postgres://app:hunter2@db:0/shop' }, /port/],
  ['several hosts in the URL', { connectionString: 'postgres://app:hunter2@a,b/shop' }, /several hosts/],
  [
    'several hosts with ports in the URL',
    { connectionString: 'postgres://app:hunter2@a:1,b:2/shop' },
    /several hosts/,
  ],
  ['several hosts', { host: 'a,b', password: 'hunter2' }, /several hosts/],
  ['a URL object', { connectionString: new URL('postgres://app:hunter2@db/shop') }, /connection URL/],
  [
    'a pooler nobody knows',
    { poolsafe: { pooler: 'pgbounce' }, password: 'hunter2' },
    /poolsafe\.pooler.*"pgbounce".*pgbouncer-1\.18/s,
  ],
  ['a URL as the pooler', { poolsafe: { pooler: 'postgres://app:hunter2@db/shop' } }, /poolsafe\.pooler/],
  ['an option nobody knows', { poolsafe: { poler: 'direct' } }, /"poler".*pooler/s],
  ['no object', { poolsafe: 'pgbouncer' }, /must be an object/],
  ['null', { poolsafe: null }, /must be an object/],
  ['a reaction nobody knows', { poolsafe: { onHazard: 'ignore' } }, /onHazard.*throw, warn, allow/s],
  ['statements: true', { poolsafe: { statements: true } }, /statements.*boolean/s],
  ['a hazard nobody knows', { poolsafe: { allow: ['SET'] } }, /allow.*"SET"/s],
  ['a hazard without a list', { poolsafe: { allow: 'POOLSAFE_LISTEN' } }, /must be a list/],
  ['a contradiction', { poolsafe: { pooler: 'pgbouncer-1.18', statements: 'always' } }, /contradicts/],
  [
    'a direct URL through a pooler',
    { poolsafe: { direct: 'postgres://app:hunter2@db:6432/shop' } },
    /not a direct connection/,
  ],
  ['a direct URL that is none', { poolsafe: { direct: 'hunter2' } }, /poolsafe\.direct/],
  ['a startup parameter', { replication: 'hunter2', password: 'hunter2' }, /startup parameter: replication/],
  ['options', { options: 'reference=hunter2', password: 'hunter2' }, /startup parameter: options: reference/],
];

function check(make: () => unknown, says: RegExp): void {
  const error = errorOf(make);
  // The class that this package exports.
  expect(error).toBeInstanceOf(ConfigError);
  expectConfigError(error, says);
}

for (const [title, config, says] of unusable) {
  test(`ConfigError for a pool and for a client | ${title}`, () => {
    check(() => new Pool(config as PoolConfig), says);
    check(() => new Client(config as ClientConfig), says);
  });
}

test('ConfigError | a client is given a URL that cannot work', () => {
  check(() => new Client('postgres://app:hun/hunter2@db/shop'), /cannot be parsed/);
});

test('ConfigError | a pool is given a URL, which pg would take for options', () => {
  check(() => new Pool('postgres://app:hunter2@db/shop' as never), /connectionString/);
});

test('ConfigError | clients that are not those of pg', () => {
  check(() => new Pool({ Client: class {} as never }), /not a subclass of the Client of pg/);
  check(() => new Pool({ Client: (() => {}) as never }), /not a subclass of the Client of pg/);
  check(() => guarded.native, /native/);
});

test('ConfigError | the environment names several hosts', () => {
  process.env.PGHOST = 'a,b';
  try {
    check(() => new Pool(), /several hosts/);
  } finally {
    delete process.env.PGHOST;
  }
});

/** What pg takes, and where it leads. */
const usable: readonly [url: string, parts: Partial<pg.Client>][] = [
  ['/nowhere', { host: '/nowhere' }],
  ['/nowhere shop', { host: '/nowhere', database: 'shop' }],
  ['socket:/nowhere?db=shop', { host: '/nowhere', database: 'shop' }],
  ['postgres://app@%2Fnowhere/shop', { host: '/nowhere', user: 'app', database: 'shop' }],
  ['postgres://app:p%2Fs%23%25@db/shop', { host: 'db', password: 'p/s#%' }],
  ['postgres://app:p%zz@db/shop', { password: 'p%zz' }],
  ['postgresql://app:p@[::1]:6000/shop', { host: '::1', port: 6000 }],
  ['postgres:///shop?host=/nowhere', { host: '/nowhere', database: 'shop' }],
  ['pg://app@db', { host: 'db', user: 'app' }],
];

for (const [url, parts] of usable) {
  test(`accepted, and read as pg reads it | ${url}`, () => {
    const [bare, client] = [new pg.Client(url), new Client(url)];
    expect(client).toMatchObject(parts);
    const read = ({ host, port, user, database, password }: pg.Client) => ({
      host,
      port,
      user,
      database,
      password,
    });
    expect(read(client)).toEqual(read(bare));
  });
}
