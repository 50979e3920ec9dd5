import { describe, expect, test } from 'vitest';
import { diagnose } from '../src/doctor/diagnose.ts';
import { lockedVersion, type Manager } from '../src/doctor/lockfile.ts';
import { readProject } from '../src/doctor/project.ts';
import type { ServerFacts } from '../src/doctor/server-facts.ts';
import { examineStacks, isBelow } from '../src/doctor/stack-findings.ts';
import { stackRows } from '../src/doctor/stack-rows.ts';
import { secrets } from './doctor-site.ts';
import { folderOf } from './folder.ts';

const installed = (name: string, version: string) => ({
  [`node_modules/${name}/package.json`]: { name, version },
});

describe('the versions of a project', () => {
  test('as installed, here or above', async () => {
    await using project = await folderOf({
      'pnpm-lock.yaml': '',
      'apps/web/package.json': {
        name: 'web',
        dependencies: { pg: '^8.0.0' },
        devDependencies: { kysely: '*' },
      },
      'apps/web/src/db.ts': '',
      ...installed('kysely', '0.28.2'),
      'apps/web/node_modules/pg/package.json': { version: '8.16.0' },
    });
    const facts = await readProject(`${project.path}/apps/web/src`);
    expect(facts).toEqual({
      folder: `${project.path}/apps/web`,
      name: 'web',
      manager: 'pnpm',
      packages: [
        {
          name: 'pg',
          range: '^8.0.0',
          version: '8.16.0',
          versionFrom: 'node_modules',
          replacement: '@poolsafe/pg',
          safe: false,
        },
        {
          name: 'kysely',
          range: '*',
          version: '0.28.2',
          versionFrom: 'node_modules',
          replacement: '@poolsafe/kysely',
          safe: false,
        },
      ],
    });
  });

  const locks: readonly { file: string; manager: Manager; text: string }[] = [
    {
      file: 'package-lock.json',
      manager: 'npm',
      text: '{ "packages": { "node_modules/@prisma/adapter-pg": {\n "version": "7.1.0" }, "node_modules/pg": {\n "version": "8.16.3" } } }',
    },
    {
      file: 'pnpm-lock.yaml',
      manager: 'pnpm',
      text: "packages:\n\n  '@prisma/adapter-pg@7.1.0':\n    resolution: {}\n\n  pg-pool@3.1.0(pg@8.1.1):\n\n  pg@8.16.3:\n    resolution: {}\n\nsnapshots:\n\n  pg@8.16.3:\n",
    },
    {
      file: 'yarn.lock',
      manager: 'yarn',
      text: '"@prisma/adapter-pg@^7":\n  version "7.1.0"\n\npg-pool@^3:\n  version "3.1.0"\n\npg@^8.0.0, pg@^8.11.0:\n  version "8.16.3"\n',
    },
    {
      file: 'yarn.lock',
      manager: 'yarn',
      text: '"@prisma/adapter-pg@npm:^7":\n  version: 7.1.0\n\n"pg@npm:^8.0.0":\n  version: 8.16.3\n',
    },
    {
      file: 'bun.lock',
      manager: 'bun',
      text: '{ "packages": {\n "@prisma/adapter-pg": ["@prisma/adapter-pg@7.1.0", ""],\n "pg": ["pg@8.16.3", ""] } }',
    },
  ];

  test.each(locks)('as locked: $file', async ({ file, manager, text }) => {
    expect(lockedVersion(manager, text, 'pg')).toBe('8.16.3');
    expect(lockedVersion(manager, text, '@prisma/adapter-pg')).toBe('7.1.0');
    expect(lockedVersion(manager, text, 'p')).toBeUndefined();
    await using project = await folderOf({
      'package.json': { dependencies: { pg: '^8.0.0' } },
      [file]: text,
    });
    expect((await readProject(project.path))?.packages).toMatchObject([
      { version: '8.16.3', versionFrom: 'lockfile' },
    ]);
  });

  test('two versions in a lockfile are none', () => {
    expect(lockedVersion('pnpm', '  pg@8.1.0:\n  pg@8.2.0:\n', 'pg')).toBeUndefined();
  });

  test.each([
    ['8.9.0', '8.11.0', true],
    ['8.11.0', '8.11.0', false],
    ['0.29.0-beta.1', '0.29.0', false],
    ['10.0.0', '9.9.9', false],
  ])('%s is below %s: %s', (version, other, expected) => {
    expect(isBelow(version, other)).toBe(expected);
  });
});

type Facts = Pick<ServerFacts, 'mode' | 'statements' | 'settings'>;

const classic: Facts = { mode: 'transaction', statements: 'lost' };
const tracking: Facts = { mode: 'transaction', statements: 'kept' };
const session: Facts = { mode: 'session', statements: 'kept' };
const direct: Facts = { mode: 'direct', statements: 'kept' };

/** The codes for packages, behind a server. */
function codes(packages: Readonly<Record<string, string>>, server: Facts, imported?: readonly string[]) {
  const found: string[] = [];
  const facts = Object.entries(packages).map(([name, version]) => {
    const { replacement } = stackRows.find((row) => row.package === name) ?? {};
    const safe = replacement !== undefined && replacement in packages;
    return {
      name,
      range: version,
      version,
      versionFrom: 'node_modules',
      safe,
      ...(replacement && { replacement }),
    } as const;
  });
  examineStacks(
    { folder: '/', packages: facts },
    { server: { host: 'h', port: 1, ...server }, urls: [], imported: imported && new Set(imported) },
    (code) => found.push(code),
  );
  return found;
}

describe('what breaks', () => {
  const names = 'DOCTOR_STACK_NAMES';
  const crashes = 'DOCTOR_STACK_CRASHES';
  const migrations = 'DOCTOR_STACK_MIGRATIONS';
  const cancels = 'DOCTOR_STACK_CANCELS';

  test.each<[string, Record<string, string>, Facts, string[]]>([
    ['pg, classic', { pg: '8.16.0' }, classic, [names, crashes]],
    ['pg, tracking', { pg: '8.16.0' }, tracking, [crashes]],
    ['pg, direct', { pg: '8.16.0' }, direct, [crashes]],
    ['pg, too old', { pg: '8.10.0' }, direct, ['DOCTOR_VERSION', crashes]],
    ['pg, swapped', { pg: '8.16.0', '@poolsafe/pg': '1.0.0' }, classic, []],
    ['postgres.js, classic', { postgres: '3.4.9' }, classic, ['DOCTOR_STACK_HANGS']],
    ['postgres.js, tracking', { postgres: '3.4.9' }, tracking, []],
    ['kysely, classic', { kysely: '0.29.1' }, classic, [migrations, cancels]],
    ['kysely 0.28', { kysely: '0.28.1' }, classic, [migrations]],
    ['kysely, session mode', { kysely: '0.29.1' }, session, [cancels]],
    ['kysely, direct', { kysely: '0.29.1' }, direct, []],
    ['kysely over postgres.js 3', { 'kysely-postgres-js': '3.0.0' }, classic, [crashes]],
    ['kysely over postgres.js 5', { 'kysely-postgres-js': '5.0.0' }, classic, [names, crashes]],
    ['prisma 6', { '@prisma/client': '6.1.0' }, classic, [names]],
    ['prisma 7', { '@prisma/client': '7.1.0', '@prisma/adapter-pg': '7.1.0' }, tracking, [migrations]],
    [
      'prisma in Tokyo',
      { '@prisma/adapter-pg': '7.1.0' },
      { ...direct, settings: { TimeZone: 'Asia/Tokyo' } },
      ['DOCTOR_TIME_ZONE'],
    ],
    [
      'prisma in UTC',
      { '@prisma/adapter-pg': '7.1.0' },
      { ...direct, settings: { TimeZone: 'Etc/UTC' } },
      [],
    ],
    ['sequelize', { sequelize: '6.0.0' }, classic, ['DOCTOR_STACK_UNSUPPORTED']],
  ])('%s', (_, packages, server, expected) => {
    expect(codes(packages, server)).toEqual(expected);
  });

  test('Drizzle over postgres.js, and over both', () => {
    const packages = { 'drizzle-orm': '0.45.4' };
    const [overPostgres, overPg] = ['drizzle-orm/postgres-js', 'drizzle-orm/node-postgres'] as const;
    expect(codes(packages, classic, [overPostgres])).toEqual([migrations]);
    expect(codes(packages, classic, [overPostgres, overPg])).toEqual([names, migrations]);
    expect(codes(packages, classic)).toEqual([names, migrations]);
  });

  test('pg beneath an ORM, where nobody imports it', () => {
    const packages = { pg: '8.16.0', typeorm: '1.1.0' };
    expect(codes(packages, classic, ['typeorm'])).toEqual([migrations, 'DOCTOR_STACK_SESSION']);
    expect(codes(packages, classic, ['typeorm', 'pg'])).toEqual([
      names,
      crashes,
      migrations,
      'DOCTOR_STACK_SESSION',
    ]);
  });
});

describe('the environment', () => {
  const url = (host: string) => `postgres://app:${secrets[1]}@${host}/shop`;
  const supabase = url('aws-0-eu.pooler.supabase.com:6543');

  /** Nothing is reached: the ports are closed. */
  async function examine(files: Record<string, string | object>, env: Record<string, string> = {}) {
    await using project = await folderOf(files);
    const diagnosis = await diagnose({ cwd: project.path, env, deadline: 2_000 });
    for (const secret of secrets) expect(JSON.stringify(diagnosis)).not.toContain(secret);
    return diagnosis;
  }

  test('what each URL is for, and where it is from', async () => {
    const { urls } = await examine(
      {
        'package.json': {},
        '.env': `DATABASE_URL="${url('127.0.0.1:1')}?pgbouncer=true"\nDIRECT_URL=${url('127.0.0.1:2')}\n`,
        '.env.local': `DIRECT_URL='${url('127.0.0.1:3')}' # mine\n`,
      },
      { POSTGRES_URL: supabase },
    );
    expect(urls).toMatchObject([
      {
        variable: 'DIRECT_URL',
        from: '.env.local',
        use: 'direct',
        port: 3,
        pooler: 'unknown',
        clientKeys: [],
      },
      { variable: 'DATABASE_URL', from: '.env', use: 'application', port: 1, clientKeys: ['pgbouncer'] },
      {
        variable: 'POSTGRES_URL',
        from: 'the environment',
        use: 'not used',
        pooler: 'supavisor',
        provider: 'Supabase',
      },
    ]);
  });

  test('no URL at all: the project is looked at all the same', async () => {
    const { findings, server, checks } = await examine({
      'package.json': { dependencies: { pg: '8.16.0' } },
    });
    expect(findings.map(({ code }) => code)).toEqual(['DOCTOR_NO_URL', 'DOCTOR_STACK_CRASHES']);
    expect(server).toBeUndefined();
    expect(checks.find(({ name }) => name === 'server')).toMatchObject({ outcome: 'could not run' });
  });

  test('a URL for direct connections whose name and place contradict each other', async () => {
    const { findings } = await examine({
      '.env': `DATABASE_URL=${url('127.0.0.1:1')}\nDIRECT_URL=${supabase}\n`,
    });
    expect(findings.find(({ code }) => code === 'DOCTOR_DIRECT_IS_POOLED')?.evidence).toBe(
      'DIRECT_URL of .env: aws-0-eu.pooler.supabase.com:6543 is Supavisor (Supabase), transaction mode',
    );
  });

  test('a URL that is made of other variables is not taken for another host', async () => {
    const { findings } = await examine({
      '.env': `DATABASE_URL="postgres://app:$\{PASSWORD}@$\{HOST}:5432/shop"\n`,
    });
    expect(findings.map(({ code }) => code)).toEqual(['DOCTOR_URL']);
  });

  test.each([
    ['DOCTOR_URL', 'postgres://app:p/w@127.0.0.1/shop'],
    ['DOCTOR_REFUSED', url('127.0.0.1:2')],
  ])('a URL for direct connections that does not connect: %s', async (code, direct) => {
    await using silent = await folderOf({});
    const diagnosis = await diagnose({ url: url('127.0.0.1:1'), direct, cwd: silent.path, env: {} });
    expect(diagnosis.findings).toContainEqual(
      expect.objectContaining({ code, title: 'The URL for direct connections does not connect' }),
    );
  });

  test('keys of the URL that postgres.js would send', async () => {
    const { findings } = await examine({
      'package.json': { dependencies: { postgres: '3.4.9' } },
      '.env': `DATABASE_URL=${url('127.0.0.1:1')}?pgbouncer=true&connection_limit=1\n`,
    });
    expect(findings.find(({ code }) => code === 'DOCTOR_URL_KEYS')).toMatchObject({
      severity: 'warning',
      evidence: expect.stringContaining('`pgbouncer`, `connection_limit`'),
    });
  });

  test('a package that is installed, and not imported', async () => {
    const { findings, project } = await examine({
      'package.json': { dependencies: { pg: '8.16.0', '@poolsafe/pg': '1.0.0' } },
      'src/db.ts': "import { Pool } from 'pg'",
    });
    expect(project?.packages).toMatchObject([{ name: 'pg', safe: true }]);
    expect(findings.find(({ code }) => code === 'DOCTOR_BARE_IMPORTS')?.evidence).toBe(
      '@poolsafe/pg is a dependency, and src/db.ts import pg',
    );
  });

  test.each(['test/db.ts', 'src/db.test.ts', 'src/__tests__/db.ts', 'e2e/db.spec.mts'])(
    'what %s imports is of no application',
    async (file) => {
      const { findings } = await examine({
        'package.json': { dependencies: { typeorm: '1.1.1', '@poolsafe/typeorm': '1.0.0', pg: '8.16.0' } },
        'src/db.ts': "import { DataSource } from '@poolsafe/typeorm'",
        [file]: "import { Client } from 'pg'; import { DataSource } from 'typeorm'",
      });
      const codes = findings.map(({ code }) => code);
      expect(codes.filter((code) => /STACK|IMPORTS/.test(code))).toEqual([]);
    },
  );
});
