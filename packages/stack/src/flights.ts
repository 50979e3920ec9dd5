import { once } from 'node:events';
import net from 'node:net';

/** A proxy on 127.0.0.1 that counts flights: bytes of a client that follow bytes of the server. Made by {@link countFlights}. */
export interface FlightCounter extends AsyncDisposable {
  readonly port: number;
  /** Of all connections until now, logins included. */
  readonly flights: number;
}

/**
 * Stands between clients and the server at an address, on a port of its own, and counts the round trips that they
 * make: not how long they take, but how many there are.
 *
 * ```ts
 * await using counter = await countFlights({ host: '127.0.0.1', port: 6432 })
 * const client = new Client({ port: counter.port })
 * await client.connect()
 * const before = counter.flights
 * await client.query('select 1')
 * console.log(counter.flights - before) // 1
 * ```
 */
export async function countFlights(to: {
  readonly host: string;
  readonly port: number;
}): Promise<FlightCounter> {
  let flights = 0;
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect({ host: to.host, port: to.port });
    let isClientsTurn = true;
    client.on('data', () => {
      if (isClientsTurn) flights += 1;
      isClientsTurn = false;
    });
    upstream.on('data', () => {
      isClientsTurn = true;
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => open.delete(socket) && other.destroy());
      socket.pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    get flights() {
      return flights;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}
