import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPgBouncer, startPostgres } from '@poolsafe/stack';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Diagnosis, diagnose } from '../src/doctor/diagnose.ts';
import { openSite, password, run, type Site, secrets, urlOf } from './doctor-site.ts';
import { startTls } from './tls-server.ts';

// Each way not to get in has a name of its own, says what came back, and what could not be looked at.

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

async function examine(url: string, deadline = 3_000): Promise<Diagnosis> {
  const diagnosis = await diagnose({ url, cwd: folder, env: {}, deadline });
  for (const secret of secrets) expect(JSON.stringify(diagnosis)).not.toContain(secret);
  return diagnosis;
}

/** The first finding, where there is no login: nothing after it counts as passed. */
async function failureOf(url: string, deadline?: number) {
  const { findings, checks, server } = await examine(url, deadline);
  for (const name of ['statements', 'pooling', 'role and limits', 'startup parameters']) {
    expect(checks.find((check) => check.name === name)).toMatchObject({ outcome: 'could not run' });
  }
  expect(server?.mode).toBeUndefined();
  const [first] = findings;
  expect(first).toMatchObject({ severity: 'error', page: `docs/doctor.md#${first?.code.toLowerCase()}` });
  return first;
}

const app = { user: 'app', password };
const places = [{ name: 'PostgreSQL', address: postgres }, ...poolers, ...others];

describe.each(places)('$name', ({ address }) => {
  test('a wrong password', async () => {
    const url = site.through(address).replace(encodeURIComponent(password), 'wr%23ng');
    const failure = await failureOf(url);
    expect(failure?.code).toBe('DOCTOR_PASSWORD');
    expect(failure?.evidence).not.toContain('wr#ng');
  });

  test('an unknown user', async () => {
    const url = urlOf({ ...address, user: 'nobody_here', password }, site.database);
    expect(await failureOf(url)).toMatchObject({ code: 'DOCTOR_PASSWORD' });
  });

  test('an unknown database', async () => {
    const url = urlOf({ ...postgres, ...address }, 'no_such_database');
    expect(await failureOf(url)).toMatchObject({
      code: 'DOCTOR_DATABASE',
      evidence: expect.stringContaining('no_such_database'),
    });
  });

  test('TLS is asked for, and there is none', async () => {
    expect(await failureOf(`${site.through(address)}?sslmode=verify-full`)).toMatchObject({
      code: 'DOCTOR_TLS_UNSUPPORTED',
    });
  });
});

describe('the network', () => {
  test('nobody listens', async () => {
    expect(await failureOf(urlOf({ host: '127.0.0.1', port: 1, ...app }, 'shop'))).toMatchObject({
      code: 'DOCTOR_REFUSED',
      evidence: '127.0.0.1 port 1: ECONNREFUSED',
    });
  });

  test('the name of the host is unknown', async () => {
    expect(await failureOf(urlOf({ host: 'db.poolsafe.invalid', port: 5432, ...app }, 'shop'))).toMatchObject(
      {
        code: 'DOCTOR_HOST',
        evidence: expect.stringContaining('db.poolsafe.invalid'),
      },
    );
  });

  test('somebody listens who says nothing: the deadline holds', async () => {
    await using silent = await listening(() => {});
    const start = performance.now();
    expect(
      await failureOf(urlOf({ host: '127.0.0.1', port: silent.port, ...app }, 'shop'), 500),
    ).toMatchObject({
      code: 'DOCTOR_SILENT',
    });
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  test('somebody listens who hangs up', async () => {
    await using rude = await listening((socket) => socket.destroy());
    expect(await failureOf(urlOf({ host: '127.0.0.1', port: rude.port, ...app }, 'shop'))).toMatchObject({
      code: 'DOCTOR_LOGIN',
    });
  });
});

async function listening(take: (socket: net.Socket) => void): Promise<{ port: number } & AsyncDisposable> {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    take(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('TLS', () => {
  test('a certificate that nobody has signed', async () => {
    await using tls = await startTls(postgres);
    const url = site.through({ host: '127.0.0.1', port: tls.port });
    expect(await failureOf(`${url}?sslmode=verify-full`)).toMatchObject({ code: 'DOCTOR_CERTIFICATE' });
    const { server } = await examine(`${url}?sslmode=no-verify`);
    expect(server?.tls).toMatchObject({ offered: true, trusted: false, used: expect.stringMatching(/^TLS/) });
  });

  test('PostgreSQL that takes nothing else', async () => {
    const files = await keyFiles();
    await using secure = await startPostgres({
      settings: {
        ssl: 'on',
        ssl_cert_file: files.certificate,
        ssl_key_file: files.key,
        hba_file: files.hba,
      },
    });
    await run(secure.url(), 'create database shop');
    expect(await failureOf(secure.url('shop'))).toMatchObject({
      code: 'DOCTOR_TLS_REQUIRED',
      evidence: expect.stringContaining('no encryption'),
      fix: expect.stringContaining('sslmode=verify-full'),
    });
    const { server, findings } = await examine(`${secure.url('shop')}?sslmode=no-verify`);
    expect(server).toMatchObject({ mode: 'direct', tls: { offered: true, used: 'TLSv1.3' } });
    expect(findings).toEqual([]);
    await rm(files.folder, { recursive: true });
  });
});

/** Readable for whichever user the server runs as; of root a key may belong to its group, and to nobody else. */
async function keyFiles() {
  const made = await mkdtemp(join(tmpdir(), 'poolsafe-tls-'));
  await chmod(made, 0o755);
  const from = (name: string) =>
    fileURLToPath(new URL(`../../postgres/test/tls/${name}.pem`, import.meta.url));
  const to = (name: string) => join(made, name);
  await copyFile(from('certificate'), to('certificate'));
  await copyFile(from('key'), to('key'));
  await chmod(to('key'), 0o600);
  await writeFile(
    to('hba'),
    `host postgres all 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n`,
  );
  await ownedByServer(to('key'));
  return { folder: made, certificate: to('certificate'), key: to('key'), hba: to('hba') };
}

/** As root, servers run as another user. */
async function ownedByServer(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { chown, readFile } = await import('node:fs/promises');
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const [, , uid, gid] =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? [];
  await chown(path, Number(uid) >>> 0, Number(gid) >>> 0);
}

describe('a pooler that has nothing to give', () => {
  test.each([
    [{}, 'DOCTOR_SILENT'],
    [{ query_wait_timeout: 1 }, 'DOCTOR_NO_SERVER'],
  ])('PostgreSQL behind it is down: %j', async (settings, code) => {
    await using bouncer = await startPgBouncer({ version: '1.24', settings }, { ...postgres, port: 1 });
    const failure = await failureOf(urlOf({ ...postgres, ...bouncer.address }, 'shop'), 3_000);
    expect(failure).toMatchObject({ code, fix: expect.stringContaining('SHOW POOLS') });
  });

  test('it takes no more clients', async () => {
    await using bouncer = await startPgBouncer(
      { version: '1.24', settings: { max_client_conn: 1 } },
      postgres,
    );
    const url = site.through(bouncer.address);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const failure = await failureOf(url);
    await client.end();
    expect(failure).toMatchObject({
      code: 'DOCTOR_POOL_FULL',
      evidence: expect.stringContaining('max_client_conn'),
    });
  });

  test('all its server connections are in use', async () => {
    await using bouncer = await startPgBouncer(
      { version: '1.24', settings: { default_pool_size: 1, query_wait_timeout: 60 } },
      postgres,
    );
    const url = site.through(bouncer.address);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('begin');
    const { checks, findings, server } = await examine(url, 1_000);
    await client.query('rollback');
    await client.end();
    // The login needs no server connection, and everything after it does.
    expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'DOCTOR_NO_SERVER', evidence: 'logged in; select 1 got no answer' },
    ]);
    expect(checks.find(({ name }) => name === 'round trip')?.outcome).not.toBe('ok');
    expect(server?.mode).toBeUndefined();
  });
});

describe('a URL that cannot be used', () => {
  test.each([
    [`postgres://app:${password}@127.0.0.1:5432/shop`],
    [`mysql://app:${encodeURIComponent(password)}@127.0.0.1/shop`],
    [`postgres://app:${encodeURIComponent(password)}@127.0.0.1:99999/shop`],
    [`postgres://app:${encodeURIComponent(password)}@one,two/shop`],
  ])('case %#', async (url) => {
    const { findings, server, checks } = await examine(url);
    expect(findings).toMatchObject([{ code: 'DOCTOR_URL' }]);
    expect(server).toBeUndefined();
    expect(checks.filter(({ outcome }) => outcome === 'ok').map(({ name }) => name)).toEqual([
      'project',
      'environment',
    ]);
  });
});
