import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

const file = (name: string) => fileURLToPath(new URL(`../../postgres/test/tls/${name}.pem`, import.meta.url));

/** The file that its certificate can be verified with. */
export const certificate: string = file('certificate');

/** A server that takes nothing but TLS, in front of one that has none. */
export async function startTls(behind: {
  readonly host: string;
  readonly port: number;
}): Promise<{ readonly port: number } & AsyncDisposable> {
  const [key, cert] = [file('key'), certificate].map((path) => readFileSync(path));
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    open.add(client);
    client.on('error', () => {});
    client.once('data', (request: Buffer) => {
      // The code of SSLRequest.
      if (request.readInt32BE(4) !== 80877103) return client.destroy();
      client.write('S');
      const secured = new tls.TLSSocket(client, { isServer: true, key, cert });
      const server = net.connect(behind.port, behind.host);
      for (const socket of [secured, server]) socket.on('error', () => client.destroy());
      server.on('close', () => client.destroy());
      client.on('close', () => server.destroy());
      secured.pipe(server).pipe(secured);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
