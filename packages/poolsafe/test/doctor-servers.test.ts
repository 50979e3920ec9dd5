import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PgBouncerSpec, startPgBouncer } from '@poolsafe/stack';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Diagnosis, diagnose } from '../src/doctor/diagnose.ts';
import { openSite, run, type Site, secrets, urlOf } from './doctor-site.ts';

const { postgres, poolers, others = [] } = inject('servers');

let site: Site;
let folder: string;

beforeAll(async () => {
  site = await openSite(postgres);
  folder = await mkdtemp(join(tmpdir(), 'poolsafe-doctor-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await site[Symbol.asyncDispose]();
});

/** Of a server alone: no project, no environment. */
async function examine(url: string, more: { direct?: string; deadline?: number } = {}): Promise<Diagnosis> {
  const diagnosis = await diagnose({ url, cwd: folder, env: {}, ...more });
  for (const secret of secrets) expect(JSON.stringify(diagnosis)).not.toContain(secret);
  return diagnosis;
}

const codesOf = ({ findings }: Diagnosis) => findings.map(({ code }) => code);
const missed = ({ checks }: Diagnosis) => checks.filter(({ outcome }) => outcome === 'could not run');

interface Expected {
  readonly product: string;
  readonly mode: string;
  readonly statements: string;
  readonly pooler: string;
  readonly version?: RegExp;
}

const expected: Readonly<Record<string, Expected>> = {
  '1.18': {
    product: 'PgBouncer',
    mode: 'transaction',
    statements: 'lost',
    pooler: 'pgbouncer-1.18',
    version: /^before 1\.20$/,
  },
  '1.24off': {
    product: 'PgBouncer',
    mode: 'transaction',
    statements: 'lost',
    pooler: 'pgbouncer-1.21',
    version: /^1\.20 to 1\.25$/,
  },
  '1.24': {
    product: 'PgBouncer',
    mode: 'transaction',
    statements: 'kept',
    pooler: 'pgbouncer-1.21',
    version: /^1\.21 to 1\.25$/,
  },
  latest: {
    product: 'PgBouncer',
    mode: 'transaction',
    statements: 'kept',
    pooler: 'pgbouncer-1.26',
    version: /^1\.\d+\.\d+$/,
  },
  odyssey: { product: 'Odyssey', mode: 'transaction', statements: 'kept', pooler: 'odyssey' },
  'odyssey-off': { product: 'a pooler', mode: 'transaction', statements: 'lost', pooler: 'unknown' },
};

const all = [...poolers, ...others].map(({ name, address }) => ({ name, address }));

describe.each(all)('$name', ({ name, address }) => {
  const wanted = expected[name] as Expected;

  test('an application of its own role is told by what it shows', async () => {
    const diagnosis = await examine(site.through(address));
    const { product, mode, statements, multiplexing, role } = diagnosis.server ?? {};
    expect({ product: product?.name, mode, statements, pooler: product?.pooler }).toEqual({
      product: wanted.product,
      mode: wanted.mode,
      statements: wanted.statements,
      pooler: wanted.pooler,
    });
    if (wanted.version) expect(product?.version).toMatch(wanted.version);
    expect({ multiplexing, role: role?.superuser }).toEqual({ multiplexing: true, role: false });
    // Its console is for administrators: that it could not be asked is said, and nothing else.
    expect(missed(diagnosis)).toMatchObject([
      { name: 'console', why: expect.stringMatching(/^not for this user|^no answer within 1\.5 s$/) },
    ]);
    const lost = wanted.statements === 'lost' ? ['DOCTOR_STATEMENTS_LOST'] : [];
    expect(codesOf(diagnosis)).toEqual(['DOCTOR_NO_DIRECT_URL', 'DOCTOR_SESSION_LOST', ...lost]);
  });

  test('an administrator gets the version, and the settings of the pooler', async () => {
    const diagnosis = await examine(urlOf({ ...postgres, ...address }, site.database));
    const { product, console, mode } = diagnosis.server ?? {};
    const { name: title } = product ?? {};
    expect({ title, mode }).toEqual({
      title: name.startsWith('odyssey') ? 'Odyssey' : 'PgBouncer',
      mode: 'transaction',
    });
    expect(product?.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(console?.settings).toMatchObject({ pool_mode: 'transaction' });
    expect(missed(diagnosis)).toEqual([]);
    process.stdout.write(`  doctor ${name}: ${diagnosis.checks.reduce((sum, { ms }) => sum + ms, 0)} ms\n`);
  });
});

test('PostgreSQL itself: all is kept and taken, and there is nothing to say', async () => {
  const diagnosis = await examine(site.through(postgres));
  const { server, findings } = diagnosis;
  expect(server).toMatchObject({
    host: postgres.host,
    port: postgres.port,
    database: site.database,
    user: site.role,
    product: { name: 'PostgreSQL', pooler: 'direct' },
    mode: 'direct',
    statements: 'kept',
    multiplexing: false,
    tls: { offered: false },
    addresses: [{ address: '127.0.0.1', family: 4, reachable: true }],
    role: { name: site.role, superuser: false, bypassRls: false },
    settings: { TimeZone: 'UTC' },
  });
  expect(server?.startup?.every(({ taken }) => taken)).toBe(true);
  expect(server?.limits?.maxConnections).toBe(300);
  expect(server?.roundTrip?.median).toBeGreaterThan(0);
  expect(findings).toEqual([]);
  expect(missed(diagnosis)).toEqual([]);
});

async function bouncer(settings: PgBouncerSpec['settings'], version = '1.24') {
  return startPgBouncer({ version, ...(settings && { settings }) }, postgres);
}

describe('the other modes of a PgBouncer', () => {
  test('session mode keeps everything', async () => {
    await using session = await bouncer({ pool_mode: 'session' });
    const diagnosis = await examine(site.through(session.address));
    expect(diagnosis.server).toMatchObject({
      mode: 'session',
      statements: 'kept',
      multiplexing: false,
      product: { name: 'PgBouncer', pooler: 'session' },
    });
    expect(codesOf(diagnosis)).toEqual([]);
  });

  test('session mode whose pool is full', async () => {
    await using session = await bouncer({ pool_mode: 'session', default_pool_size: 1 });
    const diagnosis = await examine(site.through(session.address));
    expect(diagnosis.server?.mode).toBe('session');
    expect(codesOf(diagnosis)).toEqual(['DOCTOR_SESSION_FULL']);
  });

  test('statement mode has no transactions', async () => {
    await using statement = await bouncer({ pool_mode: 'statement' });
    const diagnosis = await examine(site.through(statement.address));
    expect(diagnosis.server).toMatchObject({ mode: 'statement', statements: 'kept' });
    expect(codesOf(diagnosis)[0]).toBe('DOCTOR_STATEMENT_MODE');
  });

  test.each([1, 2, 4])('%d server connections that are taken in turn', async (size) => {
    await using turns = await bouncer({ server_round_robin: 1, default_pool_size: size });
    const url = site.through(turns.address);
    const clients = Array.from({ length: size }, () => new pg.Client({ connectionString: url }));
    await Promise.all(clients.map((client) => client.connect()));
    await Promise.all(clients.map((client) => client.query('begin')));
    await Promise.all(clients.map((client) => client.query('commit')));
    await Promise.all(clients.map((client) => client.end()));
    expect((await examine(url)).server).toMatchObject({ mode: 'transaction', multiplexing: true });
  });

  test('a pool of 1.18 with a single server connection', async () => {
    await using one = await bouncer({ default_pool_size: 1 }, '1.18');
    expect((await examine(site.through(one.address))).server?.mode).toBe('transaction');
  });
});

describe('what others have left on a server connection', () => {
  const left = `select count(*) filter (where name like 'poolsafe%') as statements,
    (select count(*) from pg_settings where source = 'session' and setting is distinct from reset_val
      and name <> 'client_encoding') as settings,
    (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
    current_setting('application_name') as name,
    (select count(*) from pg_class where relpersistence = 't') as tables, pg_backend_pid() as pid
    from pg_prepared_statements`;

  test.each(['1.18', '1.24', 'latest'])('the doctor itself leaves nothing: %s', async (version) => {
    const off = version === '1.18' ? {} : { max_prepared_statements: 0 };
    await using one = await bouncer({ default_pool_size: 1, ...off }, version);
    const url = site.through(one.address);
    const before = await run(url, left);
    const { checks } = await examine(url);
    expect(checks.find(({ name }) => name === 'left behind')?.outcome).toBe('ok');
    expect(await run(url, left)).toEqual(before);
    expect(before).toMatchObject([{ statements: '0', settings: '0', name: '' }]);
  });

  test('names of settings and the role, and no values', async () => {
    await using one = await bouncer({ default_pool_size: 1 });
    await run(site.admin, `create role ${site.role}_other`, `grant ${site.role}_other to ${site.role}`);
    try {
      const url = site.through(one.address);
      await run(url, "set work_mem = '777kB'", 'select pg_advisory_lock(42)', `set role ${site.role}_other`);
      const diagnosis = await examine(url);
      const found = diagnosis.findings.filter(({ severity }) => severity === 'error');
      expect(found).toMatchObject([
        { code: 'DOCTOR_ROLE_LEAKED', evidence: expect.stringContaining(`${site.role}_other`) },
        {
          code: 'DOCTOR_LEFT_BEHIND',
          evidence: expect.stringMatching(/settings work_mem; 1 advisory locks/),
        },
      ]);
      expect(JSON.stringify(diagnosis)).not.toContain('777');
    } finally {
      await run(site.admin, `drop role ${site.role}_other`);
    }
  });
});

describe('row-level security', () => {
  test('does not hold for the owner of a table, nor for BYPASSRLS', async () => {
    await using own = await openSite(postgres);
    const url = own.through(postgres);
    expect(codesOf(await examine(url))).toEqual([]);
    await run(url, 'create table notes (id int)', 'alter table notes enable row level security');
    const owner = await examine(url);
    expect(owner.findings).toMatchObject([
      { code: 'DOCTOR_BYPASSES_RLS', evidence: expect.stringContaining('without FORCE') },
    ]);
    await run(url, 'alter table notes force row level security');
    expect(codesOf(await examine(url))).toEqual([]);
    await run(own.admin, `alter role ${own.role} bypassrls`);
    const bypass = await examine(url);
    expect(bypass.findings).toMatchObject([
      { code: 'DOCTOR_BYPASSES_RLS', evidence: expect.stringContaining('BYPASSRLS') },
    ]);
    expect(bypass.server?.role).toMatchObject({ bypassRls: true, tablesWithRls: 1 });
  });
});

describe('the URL for direct connections', () => {
  const [classic] = poolers;
  const pooled = () => site.through((classic as (typeof poolers)[number]).address);

  test('leads to the same database', async () => {
    const diagnosis = await examine(pooled(), { direct: site.through(postgres) });
    expect(codesOf(diagnosis)).toEqual(['DOCTOR_SESSION_LOST', 'DOCTOR_STATEMENTS_LOST']);
  });

  test('leads to another one', async () => {
    await using other = await openSite(postgres);
    const diagnosis = await examine(pooled(), { direct: other.through(postgres) });
    expect(codesOf(diagnosis)).toContain('DOCTOR_DIRECT_ELSEWHERE');
  });

  test('leads to a pooler', async () => {
    const last = poolers.at(-1) as (typeof poolers)[number];
    const diagnosis = await examine(pooled(), { direct: site.through(last.address) });
    expect(codesOf(diagnosis)).toContain('DOCTOR_DIRECT_IS_POOLED');
  });
});

test('a startup parameter of the URL that is refused: it is named, and the rest is looked at without it', async () => {
  const [classic] = poolers;
  const diagnosis = await examine(
    `${site.through(classic!.address)}?statement_timeout=5000&application_name=web`,
  );
  expect(diagnosis.findings[0]).toMatchObject({
    code: 'POOLSAFE_STARTUP_PARAMETER',
    evidence: 'unsupported startup parameter: statement_timeout, at the login',
  });
  expect(diagnosis.server?.mode).toBe('transaction');
});

test('transactions that are open and idle are counted where they may be seen', async () => {
  const client = new pg.Client({ connectionString: site.admin });
  await client.connect();
  await client.query('begin');
  const { server } = await examine(site.through(postgres));
  await client.end();
  expect(server?.limits?.inUse).toBeGreaterThan(1);
  expect(server?.limits?.idleInTransaction).toBe(0);
});
