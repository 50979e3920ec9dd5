import type { PoolsafeOptions } from '@poolsafe/core';
import { ConfigError, type DatasourceUrlOptions, datasourceUrl } from '@poolsafe/prisma';
import { describe, expect, test } from 'vitest';

const rds = 'postgres://u:p@shop.proxy-abc.eu-west-1.rds.amazonaws.com:5432/db';
const neon = 'postgres://u:p@ep-x-pooler.eu.neon.tech/db';
const neonDirect = 'postgres://u:p@ep-x.eu.neon.tech/db';
const supabase = 'postgres://u.ref:p@aws-0-eu.pooler.supabase.com:6543/postgres';
const supabaseSession = 'postgres://u.ref:p@aws-0-eu.pooler.supabase.com:5432/postgres';
const bouncer = 'postgres://u:p@db:6432/shop';
const unknown = 'postgres://u:p@db/shop';
const latest = { poolsafe: { pooler: 'pgbouncer-1.26' } } as const;
const always = { poolsafe: { pooler: 'pgbouncer-1.24', statements: 'always' } } as const;
const always126 = { poolsafe: { pooler: 'pgbouncer-1.26', statements: 'always' } } as const;

type Row = readonly [title: string, url: string, options: DatasourceUrlOptions, expected: string];

const flag: readonly Row[] = [
  ['PgBouncer, by its port', bouncer, {}, `${bouncer}?pgbouncer=true`],
  ['nothing known', unknown, {}, `${unknown}?pgbouncer=true`],
  ['Supavisor', supabase, {}, `${supabase}?pgbouncer=true`],
  ['it is there already', `${supabase}?pgbouncer=true`, {}, `${supabase}?pgbouncer=true`],
  ['it is off', `${bouncer}?pgbouncer=false&a=1`, {}, `${bouncer}?pgbouncer=true&a=1`],
  ['PgBouncer that may lose statements', bouncer, latest, `${bouncer}?pgbouncer=true`],
  ['PgBouncer that keeps them', `${bouncer}?pgbouncer=true`, always, bouncer],
  ['Neon keeps them', `${neon}?pgbouncer=true&sslmode=require`, {}, `${neon}?sslmode=require`],
  ['Neon, told never to', neon, { poolsafe: { statements: 'never' } }, `${neon}?pgbouncer=true`],
  ['RDS Proxy', `${rds}?pgbouncer=true`, {}, rds],
  ['RDS Proxy, told never to', rds, { poolsafe: { statements: 'never' } }, rds],
  ['session mode', `${supabaseSession}?pgbouncer=true`, {}, supabaseSession],
  ['no pooler', `${neonDirect}?pgbouncer=true`, {}, neonDirect],
  ['no pooler, told so', `${bouncer}?pgbouncer=true`, { poolsafe: { pooler: 'direct' } }, bouncer],
];

const schema: readonly Row[] = [
  ['the default, set at each connection', `${bouncer}?schema=public`, {}, `${bouncer}?pgbouncer=true`],
  ['another', `${bouncer}?schema=s2`, {}, `${bouncer}?schema=s2&pgbouncer=true`],
  ['the default, a refused startup parameter', `${neon}?schema=public`, {}, neon],
  ['another, a refused startup parameter', `${neon}?schema=s2`, {}, `${neon}?schema=s2&pgbouncer=true`],
  ['before it became one', `${neon}?schema=s2`, { engineVersion: '4.12.0' }, `${neon}?schema=s2`],
  ['since it is one', `${neon}?schema=s2`, { engineVersion: '4.13' }, `${neon}?schema=s2&pgbouncer=true`],
  ['a startup parameter that is taken', `${bouncer}?schema=s2`, always126, `${bouncer}?schema=s2`],
  ['the default, taken', `${bouncer}?schema=public`, always126, `${bouncer}?schema=public`],
  ['no pooler', `${neonDirect}?schema=public`, {}, `${neonDirect}?schema=public`],
  ['RDS Proxy', `${rds}?schema=s2`, {}, `${rds}?schema=s2`],
  ['given', bouncer, { schema: 's 2' }, `${bouncer}?schema=s%202&pgbouncer=true`],
  ['given instead', `${bouncer}?schema=s1&a=b`, { schema: 's2' }, `${bouncer}?schema=s2&a=b&pgbouncer=true`],
  ['taken away', `${neonDirect}?schema=s1`, { schema: null }, neonDirect],
  ['given, the default', `${neon}?schema=s1`, { schema: 'public' }, neon],
];

const pool: readonly Row[] = [
  ['set', neon, { connectionLimit: 3, poolTimeout: 0 }, `${neon}?connection_limit=3&pool_timeout=0`],
  [
    'replaced, in its place',
    `${neon}?connection_limit=9&a=b`,
    { connectionLimit: 1 },
    `${neon}?connection_limit=1&a=b`,
  ],
  [
    'removed',
    `${neon}?a=b&pool_timeout=1&connection_limit=2`,
    { connectionLimit: null, poolTimeout: null },
    `${neon}?a=b`,
  ],
  ['left alone', `${neon}?pool_timeout=1`, {}, `${neon}?pool_timeout=1`],
  ['once', `${neon}?pool_timeout=1&pool_timeout=2`, { poolTimeout: 3 }, `${neon}?pool_timeout=3`],
];

const hard = 'postgresql://us%65r:p%40%3a%2F%2f%3f%23!$&*(),;=~@[::1]:6432/sh%6Fp';
const bytes: readonly Row[] = [
  ['password and host', hard, {}, `${hard}?pgbouncer=true`],
  [
    'parameters',
    `${hard}?a=%41+b&&c&application_name=x%20y`,
    {},
    `${hard}?a=%41+b&c&application_name=x%20y&pgbouncer=true`,
  ],
  ['a fragment', `${bouncer}?a=1#f?pgbouncer=true`, {}, `${bouncer}?a=1&pgbouncer=true#f?pgbouncer=true`],
  [
    'nothing to change',
    `${neonDirect}?sslmode=require&channel_binding=require`,
    {},
    `${neonDirect}?sslmode=require&channel_binding=require`,
  ],
];

for (const [title, rows] of Object.entries({ pgbouncer: flag, schema, 'pool of the engine': pool, bytes })) {
  describe(title, () => {
    test.each(rows)('%s', (_, url, options, expected) => {
      expect(datasourceUrl(url, options)).toBe(expected);
      // What it made, it leaves alone.
      expect(datasourceUrl(expected, options)).toBe(expected);
    });
  });
}

const wrong: readonly [title: string, url: unknown, options: DatasourceUrlOptions, says: RegExp][] = [
  ['no URL', undefined, {}, /no URL/],
  ['a URL that is none', 'hunter2', {}, /no scheme/],
  ['a URL for Accelerate', 'prisma://hunter2.example/?api_key=hunter2', {}, /not a PostgreSQL URL/],
  ['a password that is not encoded', 'postgres://u:hun/hunter2@db/shop', {}, /encodeURIComponent/],
  ['Prisma 7', bouncer, { engineVersion: '7.10.0' }, /Prisma 7 has no engine.*PrismaPg/s],
  ['no version', bouncer, { engineVersion: 'hunter2' }, /`engineVersion` is not a version/],
  ['half a connection', bouncer, { connectionLimit: 0.5 }, /`connectionLimit` is not a whole number/],
  ['less than nothing', bouncer, { poolTimeout: -1 }, /`poolTimeout` is not a whole number/],
  [
    'a pooler nobody knows',
    bouncer,
    { poolsafe: { pooler: 'pgbounce' } as unknown as PoolsafeOptions },
    /pgbounce/,
  ],
  [
    'options that the pooler refuses',
    `${bouncer}?options=-c%20work_mem%3Dhunter2`,
    {},
    /startup parameter: options/,
  ],
];

test.each(wrong)('ConfigError | %s', (_, url, options, says) => {
  let error: unknown;
  try {
    datasourceUrl(url as string, options);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toMatch(says);
  expect((error as Error).message).not.toContain('hunter2');
});
