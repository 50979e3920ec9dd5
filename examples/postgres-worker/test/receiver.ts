import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Receives the messages of the workers, and sees whether one of them is sent by two at the same time. */
export async function startReceiver() {
  const received = new Map<string, number>();
  const atOnce = new Set<string>();
  const current = new Set<string>();
  const events = new EventEmitter();
  let gate = Promise.resolve();
  let status = 204;
  const server = createServer(async (request, response) => {
    const job = String(request.headers['idempotency-key']);
    received.set(job, (received.get(job) ?? 0) + 1);
    if (current.has(job)) atOnce.add(job);
    current.add(job);
    response.once('close', () => current.delete(job));
    request.resume();
    events.emit('message', job);
    await gate;
    response.writeHead(status).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How often each job was sent. */
    received,
    /** The jobs that were sent while they were being sent. */
    atOnce,
    /** The next job that comes. */
    next: async (): Promise<string> => String((await once(events, 'message'))[0]),
    /** Leaves everybody without an answer until the function that it returns is called. */
    hold(): () => void {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => open();
    },
    answer(next: number): void {
      status = next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
