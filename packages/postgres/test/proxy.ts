import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

/** Something between client and server that can do what networks and poolers do. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were opened so far. */
  readonly opened: () => number;
  /** Ends every connection without a word. */
  cut(): void;
  /** Sends `bytes` to every client, as if the server had. */
  inject(bytes: Buffer): void;
  /** Decides about each chunk of the server: what is passed on, or `null` to end the connection. */
  onServerData: (chunk: Buffer, connection: number) => Buffer | null;
  /** Whether what clients send is passed on at once. */
  hold: boolean;
}

/** Listens on a free port, and passes everything on to `target`. */
export async function openProxy(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
  const clients = new Set<net.Socket>();
  let opened = 0;
  const server = net.createServer((client) => {
    opened += 1;
    const number = opened;
    const upstream = net.connect(target.port, target.host);
    clients.add(client);
    client.on('data', async (chunk) => {
      while (proxy.hold) await new Promise((resolve) => setImmediate(resolve));
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      const passed = proxy.onServerData(chunk, number);
      if (passed === null) client.destroy();
      else client.write(passed);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        clients.delete(client);
        other.end();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    opened: () => opened,
    cut() {
      for (const client of clients) client.destroy();
    },
    inject(bytes) {
      for (const client of clients) client.write(bytes);
    },
    onServerData: (chunk) => chunk,
    hold: false,
    async [Symbol.asyncDispose]() {
      proxy.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

/** A FATAL error as PgBouncer writes it. */
export function fatal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
