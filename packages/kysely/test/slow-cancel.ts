import { once } from 'node:events';
import net from 'node:net';

/** The first bytes of a CancelRequest: its length, and its code. */
const cancelRequest = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46]);

/** A way to a server on which cancel requests wait. */
export interface SlowCancel extends AsyncDisposable {
  readonly url: string;
  /** How many cancel requests wait. */
  waiting(): number;
  /** Lets them through, and those that come later. */
  release(): void;
}

/** Opens a {@link SlowCancel} to the server of `url`. */
export async function openSlowCancel(url: string): Promise<SlowCancel> {
  const target = new URL(url);
  const sockets = new Set<net.Socket>();
  const held: (() => void)[] = [];
  let released = false;
  const server = net.createServer(async (client) => {
    const upstream = net.connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
    const [first] = (await once(client, 'data')) as [Buffer];
    client.pause();
    const pass = () => {
      upstream.write(first);
      client.pipe(upstream);
      upstream.pipe(client);
    };
    if (released || !first.subarray(0, 8).equals(cancelRequest)) pass();
    else held.push(pass);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const there = new URL(url);
  there.host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return {
    url: there.href,
    waiting: () => held.length,
    release() {
      released = true;
      for (const pass of held.splice(0)) pass();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
