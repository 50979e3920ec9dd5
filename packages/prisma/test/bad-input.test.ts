import * as poolsafe from '@poolsafe/pg';
import { PrismaPg } from '@poolsafe/prisma';
import pg from 'pg';
import { testConfigErrors, type Unusable } from '../../pg/test/config-errors.ts';

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';
const wrong: Unusable<readonly unknown[]> = [
  ['a pool of pg', [new pg.Pool()], /pool or client that poolsafe does not guard/],
  ['a pool of pg, options', [new pg.Pool(), { schema: 'public' }], /poolsafe does not guard/],
  ['a client of pg', [new pg.Client()], /poolsafe does not guard/],
  ['a guarded client', [new poolsafe.Client()], /pool or client/],
  ['no URL', [undefined], /nothing where a URL/],
  ['null', [null], /something else where a URL/],
  ['a number', [1], /something else where a URL/],
  ['both a pool and poolsafe', [new poolsafe.Pool(), { poolsafe: {} }], /both a pool and `poolsafe`/],
  ['a URL that is none', ['hunter2'], /no scheme/],
  ['a URL for Accelerate', ['prisma+postgres://hunter2.example/?api_key=hunter2'], /not a PostgreSQL URL/],
  ['a URL object', [{ connectionString: new URL(url) }], /connection URL/],
  ['a pooler nobody knows', [url, { poolsafe: { pooler: 'pgbounce' } }], /"pgbounce"/],
  ['an option nobody knows', [{ connectionString: url, poolsafe: { poler: 1 } }], /"poler"/],
  ['a startup parameter', [{ connectionString: url, options: '-B 10' }], /options: -B/],
  ['a startup parameter in the URL', [`${url}?options=reference%3Dhunter2`], /startup parameter: options/],
  ['no number of connections', [`${url}?connection_limit=hunter2`], /`connection_limit`.*not a whole number/],
  ['no number of seconds', [`${url}?pool_timeout=-1`], /`pool_timeout`.*not a whole number/],
];

testConfigErrors((given) => new PrismaPg(...(given as [string])), wrong);
