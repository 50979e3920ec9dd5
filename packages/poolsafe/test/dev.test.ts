import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { startDev } from '../src/start-dev.ts';
import { collect, poolsafe, runningDev, start } from './poolsafe.ts';
import { certificate, startTls } from './tls-server.ts';

const { postgres } = inject('servers');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dev-'));
  // Servers of root run as somebody else.
  chmodSync(directory, 0o1777);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const inOwnDirectory = () => ({ env: { TMPDIR: directory }, cwd: directory });
const serverFiles = () => readdirSync(directory).filter((name) => name.startsWith('poolsafe-'));

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The backends that `count` queries of one client land on. */
function backends(url: string, count: number): Promise<number[]> {
  return withClient(url, async (client) => {
    const pids: number[] = [];
    for (let n = 0; n < count; n++) {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      pids.push(rows[0]?.pid ?? 0);
    }
    return pids;
  });
}

/** How ten executions of one named statement end. */
function named(url: string): Promise<string> {
  return withClient(url, async (client) => {
    for (let n = 0; n < 10; n++) await client.query({ name: 'q', text: 'select $1::int', values: [n] });
    return 'ok';
  }).catch((error) => error.code);
}

async function isOpen(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  return await once(socket, 'connect').then(
    () => socket.destroy() !== undefined,
    () => false,
  );
}

describe.each([
  ['latest', [], /^1\.(2[6-9]|[3-9]\d)/, 'ok'],
  ['latest, classic', ['--classic'], /^1\.(2[6-9]|[3-9]\d)/, '26000'],
  ['1.24', ['--pgbouncer', '1.24'], /^1\.24\./, 'ok'],
  ['1.24, classic', ['--pgbouncer', '1.24', '--classic'], /^1\.24\./, '26000'],
  ['1.18', ['--pgbouncer', '1.18'], /^1\.18\./, '26000'],
])('%s', (_, args, version, outcome) => {
  test('no query lands where the last one did', async () => {
    await using dev = await runningDev(args);
    const pids = await backends(dev.ready.databaseUrl, 20);
    const repeated = pids.filter((pid, at) => pid === pids[at - 1]);
    expect(repeated).toEqual([]);
    expect(new Set(pids).size).toBeGreaterThanOrEqual(4);
    expect(new Set(await backends(dev.ready.directUrl, 3)).size).toBe(1);
    expect(await named(dev.ready.databaseUrl)).toBe(outcome);
    expect(await named(dev.ready.directUrl)).toBe('ok');
    expect(dev.ready.pgbouncer).toMatch(version);
    expect(dev.ready.keepsStatements).toBe(outcome === 'ok');
    expect(dev.ready.postgres).toMatch(/^\d+\.\d+$/);
  });
});

test('server connections that are lost are opened anew', async () => {
  await using dev = await runningDev([]);
  const { databaseUrl, directUrl } = dev.ready;
  await withClient(directUrl, (client) =>
    client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
    ),
  );
  const seen = async () => new Set(await backends(databaseUrl, 10).catch(() => [])).size;
  await expect.poll(seen, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
});

describe('the end', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s: exit code 0, nothing left', async (signal) => {
    const dev = await runningDev([], inOwnDirectory());
    expect(serverFiles()).toHaveLength(2);
    // A client that stays does not hold it up.
    const client = new pg.Client({ connectionString: dev.ready.databaseUrl });
    client.on('error', () => {});
    await client.connect();
    await client.query('begin');
    const { code, took } = await dev.end(signal);
    await client.end();
    expect(await dev.stderr).toBe('');
    expect(code).toBe(0);
    expect(took).toBeLessThan(10_000);
    expect(serverFiles()).toEqual([]);
    expect([await isOpen(dev.ready.databaseUrl), await isOpen(dev.ready.directUrl)]).toEqual([false, false]);
  });

  test('SIGKILL: the servers end, too', async () => {
    const dev = await runningDev([], inOwnDirectory());
    await dev.end('SIGKILL');
    await expect.poll(serverFiles, { timeout: 10_000 }).toEqual([]);
  });

  test('a signal while it starts', async () => {
    const child = start(['dev'], inOwnDirectory());
    const closed = once(child, 'close');
    await expect.poll(serverFiles, { timeout: 20_000, interval: 5 }).not.toEqual([]);
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    await expect.poll(serverFiles, { timeout: 10_000 }).toEqual([]);
  });

  test('PgBouncer ends by itself: exit code 2, with its log', async () => {
    await using dev = await runningDev([]);
    const closed = once(dev.child, 'close');
    const console_ = new URL(dev.ready.databaseUrl);
    console_.pathname = '/pgbouncer';
    // The answer may not arrive any more.
    await withClient(console_.href, (client) => client.query('SHUTDOWN')).catch(() => {});
    expect(await closed).toEqual([2, null]);
    expect(await dev.stderr).toContain('error: PgBouncer ended by itself.');
  });
});

describe('--write-env', () => {
  const file = () => join(directory, '.env');

  test('writes both URLs, keeps the rest, and may do so again', async () => {
    writeFileSync(file(), 'A=1\n\n# comment\nDATABASE_URL_UNPOOLED=x\n', { mode: 0o640 });
    const written: string[] = [];
    for (const args of [['--write-env'], ['--write-env', '.env']]) {
      await using dev = await runningDev(args, inOwnDirectory());
      const { databaseUrl, directUrl } = dev.ready;
      const mark = '# poolsafe dev: local, gone when it stops\n';
      expect(readFileSync(file(), 'utf8')).toBe(
        `A=1\n\n# comment\nDATABASE_URL_UNPOOLED=x\n${mark}DATABASE_URL=${databaseUrl}\n${mark}DIRECT_URL=${directUrl}\n`,
      );
      expect(dev.ready.envFile).toBe('.env');
      written.push(databaseUrl);
    }
    expect(new Set(written).size).toBe(2);
    expect(statSync(file()).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory).filter((name) => name.includes('env'))).toEqual(['.env']);
  });

  test("refuses somebody else's value, before anything starts", async () => {
    const text = 'export DATABASE_URL = "postgres://app:s3cr3t@db/shop"\n';
    writeFileSync(file(), text);
    const { code, stdout, stderr } = await poolsafe(['dev', '--write-env'], inOwnDirectory());
    expect(stderr).toContain('error: .env sets DATABASE_URL already, and not by poolsafe dev.');
    expect(stderr).not.toContain('s3cr3t');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readFileSync(file(), 'utf8')).toBe(text);
  });

  test('--force keeps it as a comment', async () => {
    writeFileSync(file(), 'DATABASE_URL=mine\r\nA=1');
    await using dev = await runningDev(['--write-env', '--force'], inOwnDirectory());
    const lines = readFileSync(file(), 'utf8').split('\r\n');
    expect(lines[0]).toBe('# before poolsafe dev: DATABASE_URL=mine');
    expect(lines).toContain(`DATABASE_URL=${dev.ready.databaseUrl}`);
  });

  test('a new file is for its owner only', async () => {
    await using dev = await runningDev(['--write-env', 'new.env'], inOwnDirectory());
    expect(dev.ready.envFile).toBe('new.env');
    expect(statSync(join(directory, 'new.env')).mode & 0o777).toBe(0o600);
  });
});

describe('--from', () => {
  const user = `dev_${process.pid}`;
  const password = 's3cr3t @:/%?#&"\'';
  const encoded = encodeURIComponent(password);
  const url = (port = postgres.port, query = '') =>
    `postgres://${user}:${encoded}@127.0.0.1:${port}/${user}${query}`;
  const own = (text: string) =>
    withClient(
      `postgres://${postgres.user}:${encodeURIComponent(postgres.password)}@${postgres.host}:${postgres.port}/postgres`,
      (client) => client.query(text),
    );

  beforeAll(async () => {
    await own(`create role ${user} login password ${pg.escapeLiteral(password)}`);
    await own(`create database ${user} owner ${user}`);
  });
  afterAll(async () => {
    await own(`drop database if exists ${user} with (force)`);
    await own(`drop role if exists ${user}`);
  });

  test("in front of one's own database, whose password is written and never shown", async () => {
    const file = join(directory, 'local.env');
    const dev = await runningDev([
      '--from',
      url(postgres.port, '?schema=app&sslmode=disable'),
      '--write-env',
      file,
    ]);
    const [, databaseUrl = ''] = /^DATABASE_URL='?([^\n']*)/m.exec(readFileSync(file, 'utf8')) ?? [];
    const pids = await backends(databaseUrl, 10);
    const stopped = await dev.end('SIGINT');
    expect(new Set(pids).size).toBeGreaterThanOrEqual(4);
    expect(dev.ready.databaseUrl).toMatch(
      /^postgres:\/\/dev_\d+:\*\*\*@127\.0\.0\.1:\d+\/dev_\d+\?schema=app$/,
    );
    expect(dev.ready.directUrl).toContain(':***@');
    expect(JSON.stringify(dev.ready) + (await dev.stderr)).not.toMatch(/s3cr3t/);
    expect(decodeURIComponent(new URL(databaseUrl).password)).toBe(password);
    expect(stopped.code).toBe(0);
    // It is not ours to stop.
    expect(await withClient(url(), (client) => client.query('select 1'))).toMatchObject({ rowCount: 1 });
  });

  test('for people: the password is not shown either', async () => {
    const child = start(['dev', '--from', url(), '--classic', '--port', '0']);
    expect(await collect(child.stderr)).toContain('--port is not a number');
    const shown = start(['dev', '--from', url(), '--classic']);
    let text = '';
    for await (const piece of shown.stdout!) {
      text += piece;
      if (text.includes('Ctrl-C')) shown.kill('SIGTERM');
    }
    expect(text).toContain('keeps no prepared statements');
    expect(text).toMatch(/DATABASE_URL=postgres:\/\/dev_\d+:\*\*\*@127/);
    expect(text).not.toContain('s3cr3t');
  });

  test.each([
    ['sslmode=require', 'ok'],
    [`sslmode=verify-ca&sslrootcert=${encodeURIComponent(certificate)}`, 'ok'],
    ['sslmode=disable', 'refused'],
  ])('a server that takes nothing but TLS: %s', async (query, outcome) => {
    await using encrypted = await startTls(postgres);
    const starting = runningDev(['--from', url(encrypted.port, `?${query}`)]);
    if (outcome === 'refused')
      return await expect(starting).rejects.toThrow('PgBouncer has no connection to PostgreSQL');
    await using dev = await starting;
    expect(dev.ready.postgres).toMatch(/^\d+/);
  });

  test.each([
    [
      'postgres://app:s3cr3t@db.abcdefghijklmnopqrst.supabase.co:6543/postgres',
      'is the URL of a pooler already',
    ],
    ['postgres://app:s3cr3t@%2Ftmp/shop', 'unix socket'],
    ['postgres://app:s3cr3t@127.0.0.1/shop?port=5433', 'has `port` in its query'],
    ['postgres://127.0.0.1/shop', 'names no user'],
    ['postgres://app:s3cr3t@127.0.0.1/shop?sslmode=maybe', 'unknown `sslmode`'],
    ['postgres://app:s3cr3t@127.0.0.1/shop?sslcert=a.pem', '`sslcert`'],
    ['postgres://app:s3cr3t@127.0.0.1/shop?sslmode=verify-full', 'no file of certificates'],
    ['postgres://app:s3cr3t@127.0.0.1/shop?sslmode=verify-full&sslrootcert=/none', 'cannot be read'],
    [
      'postgres://app:s3cr3t@127.0.0.1:1/shop',
      'PostgreSQL cannot be reached at 127.0.0.1:1: connect ECONNREFUSED',
    ],
    ['mysql://app:s3cr3t@127.0.0.1/shop', 'postgres'],
    [`postgres://${user}:s3cr3t@127.0.0.1:${postgres.port}/${user}`, 'password authentication failed'],
  ])('refused: %s', async (from, message) => {
    const { code, stdout, stderr } = await poolsafe(['dev', '--from', from]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('s3cr3t');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

test('the API: startDev() until the end of the block', async () => {
  const urls: string[] = [];
  {
    await using dev = await startDev({ classic: true, pgbouncer: '1.24' });
    urls.push(dev.databaseUrl, dev.directUrl);
    expect(await Promise.all(urls.map(isOpen))).toEqual([true, true]);
  }
  expect(await Promise.all(urls.map(isOpen))).toEqual([false, false]);
  expect(existsSync(directory)).toBe(true);
});
