import { once } from 'node:events';
import net from 'node:net';

/** Something that listens in front of a server, and sees who connects. */
export interface Relay extends AsyncDisposable {
  /** The URL of the server, by way of the relay. */
  readonly url: string;
  readonly port: number;
  /** Connections that were ever made. */
  readonly made: () => number;
  /** The most connections at one time. */
  readonly most: () => number;
  /** Connections at the moment. */
  readonly open: () => number;
  /** Closes the connections there are. */
  readonly cut: () => void;
}

/** Starts a {@link Relay}; without a server behind it, it accepts and never answers. */
export async function startRelay(url: string, isSilent = false): Promise<Relay> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<net.Socket>();
  let made = 0;
  let most = 0;
  const server = net.createServer((client) => {
    made += 1;
    sockets.add(client);
    most = Math.max(most, sockets.size);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => {});
    if (isSilent) return void client.resume();
    const behind = net.connect(Number(port), hostname);
    behind.on('error', () => client.destroy());
    client.on('close', () => behind.destroy());
    behind.on('close', () => client.destroy());
    client.pipe(behind).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as net.AddressInfo).port;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.replace(`${hostname}:${port}`, `127.0.0.1:${own}`),
    port: own,
    made: () => made,
    most: () => most,
    open: () => sockets.size,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port that nobody listens on: one that was just free may be somebody else's by now. */
export const closedPort = 1;
