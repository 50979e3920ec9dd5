import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { connect, type Options, type Route, type Step } from './lib.ts';
import { codeOf } from './shape.ts';
import { libSteps } from './sql-steps.ts';

const [key, cert] = ['key', 'certificate'].map((name) =>
  readFileSync(new URL(`../tls/${name}.pem`, import.meta.url), 'utf8'),
);

/** How a server answers a client that asks for TLS. */
type Answer = 'yes' | 'no' | 'yes, and more' | 'nothing' | 'not asked';

interface Encrypted extends AsyncDisposable {
  readonly url: string;
}

/** A server with TLS in front of another that has none. */
async function startTls(url: string, answer: Answer): Promise<Encrypted> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<net.Socket>();
  const join = (client: net.Socket) => {
    const behind = net.connect(Number(port), hostname);
    for (const socket of [client, behind]) socket.on('error', () => {});
    client.on('close', () => behind.destroy());
    behind.on('close', () => client.destroy());
    client.pipe(behind).pipe(client);
  };
  const secured = (client: net.Socket) => {
    const socket = new tls.TLSSocket(client, { isServer: true, key, cert, ALPNProtocols: ['postgresql'] });
    join(socket);
  };
  const server = net.createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    if (answer === 'not asked') return secured(client);
    client.once('data', () => {
      if (answer === 'nothing') return client.destroy();
      client.write({ yes: 'S', no: 'N', 'yes, and more': 'SE' }[answer]);
      if (answer === 'no') join(client);
      else secured(client);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as net.AddressInfo).port;
  return {
    url: url.replace(`${hostname}:${port}`, `127.0.0.1:${own}`),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a query comes to. */
const asked =
  (answer: Answer, options: Options, key = ''): Step =>
  async (lib, route: Route) => {
    await using server = await startTls(route.url, answer);
    const sql = connect(
      lib,
      { ...route, url: `${server.url}${key}` },
      { max: 1, backoff: 0, connect_timeout: 2, ...options },
    );
    const code = await codeOf(() => sql`select 1`);
    await sql.end({ timeout: 0 });
    return code;
  };

const steps: Record<string, Step> = {
  require: asked('yes', { ssl: 'require' }),
  allow: asked('yes', { ssl: 'allow' }),
  prefer: asked('yes', { ssl: 'prefer' }),
  'prefer, where there is none': asked('no', { ssl: 'prefer' }),
  'sslmode in the URL': asked('yes', {}, '?sslmode=require'),
  'true, and a certificate that nobody knows': asked('yes', { ssl: true }),
  'verify-full, and a certificate that nobody knows': asked('yes', { ssl: 'verify-full' }),
  'options of TLS, and the certificate is known': asked('yes', { ssl: { ca: cert } }),
  'options of TLS, not verified': asked('yes', { ssl: { rejectUnauthorized: false } }),
  'another name': asked('yes', { ssl: { ca: cert, servername: 'example.com' } }),
  'without being asked': asked('not asked', { ssl: 'require', sslnegotiation: 'direct' }),
  'require, where there is none': asked('no', { ssl: 'require' }),
  'a server that goes away': asked('nothing', { ssl: 'require' }),
  'a server that says more than it may': asked('yes, and more', { ssl: 'require' }),
};

export const encrypted: [string, Step][] = libSteps('TLS', steps);
