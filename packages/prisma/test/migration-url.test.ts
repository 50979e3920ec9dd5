import { ConfigError, type MigrationUrls, migrationUrl, resolveUrls } from '@poolsafe/prisma';
import { afterEach, expect, test, vi } from 'vitest';

const pooled = 'postgres://u:hunter2@ep-x-pooler.eu.neon.tech/db';
const direct = 'postgres://u:hunter2@ep-x.eu.neon.tech/db';
const local = 'postgres://u:hunter2@localhost:5432/db?schema=public';
const session = 'postgres://u:hunter2@aws-0-eu.pooler.supabase.com:5432/postgres';

const right: readonly [title: string, urls: MigrationUrls, expected: string][] = [
  ['the direct one', { url: pooled, direct }, direct],
  ['the direct one alone', { direct }, direct],
  ['the only one, without a pooler', { url: direct }, direct],
  ['the only one, nothing known', { url: local }, local],
  ['a pooler in session mode', { url: session }, session],
  ['an empty direct one', { url: local, direct: '' }, local],
];

test.each(right)('%s', (_, urls, expected) => {
  expect(migrationUrl(urls)).toBe(expected);
});

const wrong: readonly [title: string, urls: MigrationUrls, says: RegExp][] = [
  ['none', {}, /no URL for migrations.*DIRECT_URL/s],
  [
    'the only one leads to a pooler',
    { url: pooled },
    /leads to Neon.*set DIRECT_URL.*direct, non-pooling or unpooled/s,
  ],
  ['the only one says so', { url: `${local}&pgbouncer=true` }, /leads to a pooler/],
  ['the direct one leads to a pooler', { url: local, direct: pooled }, /`poolsafe\.direct` leads to Neon/],
  ['the direct one is none', { url: local, direct: 'hunter2' }, /no scheme/],
];

const thrownBy = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return error;
  }
};

test.each(wrong)('ConfigError | %s', (_, urls, says) => {
  const error = thrownBy(() => migrationUrl(urls));
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toMatch(says);
  expect((error as Error).message).not.toContain('hunter2');
});

const names = ['DIRECT_URL', 'DIRECT_DATABASE_URL', 'POSTGRES_URL_NON_POOLING', 'DATABASE_URL_UNPOOLED'];
const fallbacks = ['DATABASE_URL', 'POSTGRES_PRISMA_URL', 'POSTGRES_URL'];

afterEach(() => vi.unstubAllEnvs());

test.each(names)('from the environment: %s', (name) => {
  for (const other of [...names, ...fallbacks]) vi.stubEnv(other, undefined);
  vi.stubEnv('DATABASE_URL', pooled);
  expect(thrownBy(() => migrationUrl())).toBeInstanceOf(ConfigError);
  vi.stubEnv(name, direct);
  expect(migrationUrl()).toBe(direct);
});

test.each(fallbacks)('from the environment, where there is no pooler: %s', (name) => {
  for (const other of [...names, ...fallbacks]) vi.stubEnv(other, undefined);
  vi.stubEnv(name, local);
  expect(migrationUrl()).toBe(local);
});

const environments: readonly Readonly<Record<string, string>>[] = [
  { DATABASE_URL: pooled, DIRECT_URL: direct },
  { DATABASE_URL: direct, DATABASE_URL_POOLED: pooled },
  { DATABASE_URL: pooled, POSTGRES_URL: direct },
  { DATABASE_URL: direct },
  { POSTGRES_URL: pooled, POSTGRES_URL_NON_POOLING: direct, DATABASE_URL: pooled },
];

test.each(environments)('agrees with resolveUrls() on what is direct | %j', (env) => {
  for (const other of [...names, ...fallbacks, 'DATABASE_URL_POOLED']) vi.stubEnv(other, undefined);
  for (const [name, url] of Object.entries(env)) vi.stubEnv(name, url);
  expect(migrationUrl()).toBe(direct);
  expect(resolveUrls().direct).toBe(direct);
});
