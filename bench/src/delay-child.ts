import { once } from 'node:events';
import net from 'node:net';

const [host, port, milliseconds] = process.argv.slice(2) as [string, string, string];

const delay = Number(milliseconds);

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
    const pass = (data: string | Buffer) => to.writable && to.write(data);
    // Timers of the same length end in the order in which they were set; there is none of less than a millisecond.
    from.on('data', (data) => (delay > 0 ? setTimeout(pass, delay, data) : pass(data)));
  }
});
await once(server.listen(0, '127.0.0.1'), 'listening');
process.on('disconnect', () => process.exit());
process.send?.((server.address() as net.AddressInfo).port);
