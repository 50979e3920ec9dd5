import { afterEach, describe, expect, test, vi } from 'vitest';
import { directNeeded } from '../src/direct.ts';
import { ConfigError } from '../src/errors.ts';
import { planFor } from '../src/plan.ts';
import { providerOf, providers } from '../src/providers.ts';
import { endpoints } from '../src/recognise.ts';
import { parseTarget, urlOptions } from '../src/target.ts';
import { resolveUrls, urlVariables } from '../src/urls.ts';
import { errorOf } from './error-of.ts';

const own = 'postgres://u:hunter2@db.example.com/shop';
const other = 'postgres://u:hunter2@db.example.com:5433/shop';
const neon = 'postgres://u:hunter2@ep-x-pooler.eu.neon.tech/shop';
const neonDirect = 'postgres://u:hunter2@ep-x.eu.neon.tech/shop';
const prisma = 'postgres://u:hunter2@pooled.db.prisma.io:5432/postgres';
const prismaDirect = 'postgres://u:hunter2@db.prisma.io:5432/postgres';
const azure = 'postgres://u:hunter2@x.postgres.database.azure.com:5432/shop';

type Chosen = readonly [title: string, env: Record<string, string>, url: string, direct: string | undefined];

const chosen: readonly Chosen[] = [
  ['one that says nothing', { DATABASE_URL: own }, 'DATABASE_URL', undefined],
  ['the first of several', { DATABASE_URL: own, POSTGRES_URL: other }, 'DATABASE_URL', undefined],
  ['Supabase on Vercel', { POSTGRES_URL: own, POSTGRES_PRISMA_URL: own }, 'POSTGRES_PRISMA_URL', undefined],
  [
    'Neon on Vercel',
    { DATABASE_URL: neon, POSTGRES_URL: neon, DATABASE_URL_UNPOOLED: neonDirect },
    'DATABASE_URL',
    'DATABASE_URL_UNPOOLED',
  ],
  [
    'Prisma Postgres on Vercel',
    { DATABASE_URL: prismaDirect, POSTGRES_URL: prismaDirect, DATABASE_URL_POOLED: prisma },
    'DATABASE_URL_POOLED',
    'DATABASE_URL',
  ],
  [
    'Heroku',
    { DATABASE_URL: own, DATABASE_CONNECTION_POOL_URL: other },
    'DATABASE_CONNECTION_POOL_URL',
    'DATABASE_URL',
  ],
  [
    'Heroku, where both lead to the pooler',
    { DATABASE_URL: other, DATABASE_CONNECTION_POOL_URL: other },
    'DATABASE_CONNECTION_POOL_URL',
    undefined,
  ],
  [
    'a pooled name, and the others are of another provider',
    { DATABASE_URL: azure, DATABASE_URL_POOLED: neon },
    'DATABASE_URL_POOLED',
    undefined,
  ],
  ['no pooler', { DATABASE_URL: neonDirect }, 'DATABASE_URL', 'DATABASE_URL'],
  [
    'the usual name is the direct one',
    { DATABASE_URL: neonDirect, POSTGRES_URL: neon },
    'POSTGRES_URL',
    'DATABASE_URL',
  ],
  [
    'the usual name is a direct one, and another leads elsewhere',
    { DATABASE_URL: azure, POSTGRES_URL: neon },
    'DATABASE_URL',
    'DATABASE_URL',
  ],
  [
    'the pooled name is the usual one',
    { DATABASE_URL: neon, POSTGRES_URL: neonDirect },
    'DATABASE_URL',
    'POSTGRES_URL',
  ],
  [
    'a direct one of another provider',
    { DATABASE_URL: neon, POSTGRES_URL: azure },
    'DATABASE_URL',
    undefined,
  ],
  [
    'a name says more than a host',
    { DATABASE_URL: neonDirect, DIRECT_URL: own },
    'DATABASE_URL',
    'DIRECT_URL',
  ],
  ['an empty one is none', { DATABASE_URL: own, DIRECT_URL: '' }, 'DATABASE_URL', undefined],
  [
    'a URL that is none is passed on',
    { DATABASE_URL: 'prisma://x', DIRECT_URL: own },
    'DATABASE_URL',
    'DIRECT_URL',
  ],
];

test.each(chosen)('%s', (_, env, url, direct) => {
  expect(resolveUrls(env)).toEqual({
    url: env[url],
    direct: direct && env[direct],
    from: { url, direct },
  });
});

const byName = (leads: string) => urlVariables.flatMap((row) => (row.leads === leads ? row.variable : []));

test.each(byName('direct'))('direct by its name: %s', (variable) => {
  expect(resolveUrls({ DATABASE_URL: own, [variable]: other })).toMatchObject({
    direct: other,
    from: { direct: variable },
  });
});

test.each([...byName('pooled'), ...byName('either')])('for the application: %s', (variable) => {
  expect(resolveUrls({ [variable]: own })).toMatchObject({ url: own, from: { url: variable } });
});

describe('ConfigError', () => {
  const wrong: readonly (readonly [title: string, env: Record<string, string>, says: RegExp])[] = [
    ['nothing is set', {}, /none of `DATABASE_URL_POOLED`.*`DATABASE_URL`.*is set\.\n/],
    ['only a direct one', { DIRECT_URL: own }, /is set, only `DIRECT_URL`\./],
    [
      'the direct one leads to a pooler',
      { DATABASE_URL: own, DIRECT_URL: neon },
      /`DIRECT_URL` leads to Neon/,
    ],
  ];

  test.each(wrong)('%s', (_, env, says) => {
    const error = errorOf(() => resolveUrls(env)) as Error;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain('hunter2');
  });
});

afterEach(() => vi.unstubAllEnvs());

test('from the environment of the process', () => {
  for (const { variable } of urlVariables) vi.stubEnv(variable, undefined);
  vi.stubEnv('DATABASE_URL', own);
  expect(resolveUrls()).toMatchObject({ url: own });
});

describe('where a provider shows the direct URL', () => {
  const at = (url: string) => directNeeded('This', planFor(parseTarget(url)), parseTarget(url)).message;

  test('that of the host alone', () => {
    expect(at(neon)).toContain('Neon: console, Connect');
    expect(at(neon)).not.toContain('Supabase');
    expect(at(neon)).not.toContain("pooler: 'direct'");
  });

  test('all, where the host does not tell', () => {
    for (const { name } of providers) expect(at(own)).toContain(`    ${name}: `);
    expect(at(own)).toContain("without a pooler: `poolsafe: { pooler: 'direct' }`");
  });

  test('each pooler that is recognised by its host has a provider', () => {
    const hosts = [
      'aws-0-eu.pooler.supabase.com',
      'db.x.supabase.co',
      'ep-x-pooler.neon.tech',
      'ep-x.neon.tech',
      'pooled.db.prisma.io',
      'db.prisma.io',
      'app.proxy-x.eu-west-1.rds.amazonaws.com',
      'x.hyperdrive.local',
      'x.db.ondigitalocean.com',
      'x.postgres.database.azure.com',
    ];
    for (const { host: pattern } of endpoints.filter(({ host }) => host.source !== '.')) {
      const host = hosts.find((one) => pattern.test(one)) ?? '';
      expect(providerOf({ host }), String(pattern)).toBeDefined();
    }
  });
});

test('the options of a URL have nothing that it leaves out', () => {
  expect(urlOptions('postgres://db.example.com/shop?application_name=web')).toEqual({
    host: 'db.example.com',
    database: 'shop',
    application_name: 'web',
  });
  expect(urlOptions(own)).toEqual({
    host: 'db.example.com',
    user: 'u',
    password: 'hunter2',
    database: 'shop',
  });
  expect(errorOf(() => urlOptions('postgres://u:hunter2#x@db/shop'))).toBeInstanceOf(ConfigError);
});
