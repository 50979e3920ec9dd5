import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import postgres from '@poolsafe/postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const servers = inject('servers');
const database = await openDatabase(servers);
afterAll(() => database[Symbol.asyncDispose]());

const file = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url));
const [key, certificate] = [file('key.pem'), file('certificate.pem')];

/** PostgreSQL behind TLS, or behind something that answers `N` or more than one byte. */
async function serve(answer: string): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (first: Buffer) => {
      const isRequest = first.length === 8 && first.readUInt32BE(4) === 80877103;
      if (!isRequest) return passOn(socket, first);
      socket.write(answer);
      if (answer === 'N') socket.once('data', (startup: Buffer) => passOn(socket, startup));
      if (answer !== 'S') return;
      const secured = new tls.TLSSocket(socket, { isServer: true, key, cert: certificate });
      secured.on('error', () => {});
      passOn(secured, Buffer.alloc(0));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(client: net.Socket, first: Buffer): void {
  const upstream = net.connect(servers.postgres.port, servers.postgres.host);
  upstream.on('error', () => client.destroy());
  upstream.write(first);
  client.pipe(upstream).pipe(client);
}

/** What a query gives, and how a cancelled one fails, through a server that answers like this. */
async function tryWith(answer: string, ssl: postgres.Options<Record<never, never>>['ssl']): Promise<unknown> {
  const { port, close } = await serve(answer);
  const { role: user, password } = database;
  const sql = postgres({
    host: 'localhost',
    port,
    user,
    password,
    database: user,
    ...(ssl !== undefined && { ssl }),
  });
  try {
    const [row] = await sql`select 1 as one`;
    const long = sql`select pg_sleep(30)`.execute();
    await expect
      .poll(() =>
        database.admin(
          "select 1 from pg_stat_activity where datname = current_database() and state = 'active' and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()",
        ),
      )
      .toHaveLength(1);
    long.cancel();
    return [row?.one, await long.catch(({ code }: { code: string }) => code)];
  } catch (error) {
    return (error as Error).message;
  } finally {
    await sql.end({ timeout: 1 });
    await close();
  }
}

test('a certificate that is trusted', async () => {
  expect(await tryWith('S', { ca: certificate })).toEqual([1, '57014']);
});

test('a certificate that is not verified', async () => {
  for (const ssl of ['require', 'prefer', 'allow'] as const) {
    expect(await tryWith('S', ssl)).toEqual([1, '57014']);
  }
});

test('a certificate that is not trusted', async () => {
  expect(await tryWith('S', true)).toMatch('self-signed certificate');
  expect(await tryWith('S', 'verify-full')).toMatch('self-signed certificate');
});

test('a server without TLS', async () => {
  expect(await tryWith('N', 'prefer')).toEqual([1, '57014']);
  expect(await tryWith('N', undefined)).toEqual([1, '57014']);
  expect(await tryWith('N', 'require')).toMatch('does not support TLS');
});

test('a server that says more than it may before TLS', async () => {
  expect(await tryWith('Sx', 'require')).toMatch('unencrypted data before TLS');
});
