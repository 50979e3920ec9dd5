import { once } from 'node:events';
import net from 'node:net';

const [host, port, milliseconds] = process.argv.slice(2) as [string, string, string];

/** A process of its own: what it does is not done by the one that is measured. */
const server = net.createServer((client) => {
  const upstream = net.connect({ host, port: Number(port) });
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    // Timers of the same length end in the order in which they were set.
    from.on('data', (data) => setTimeout(() => to.writable && to.write(data), Number(milliseconds)));
  }
});
await once(server.listen(0, '127.0.0.1'), 'listening');
process.on('disconnect', () => process.exit());
process.send?.((server.address() as net.AddressInfo).port);
