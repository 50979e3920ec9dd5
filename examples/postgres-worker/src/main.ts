import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { app } from './app.ts';
import { sql } from './db.ts';
import { startWorker } from './worker.ts';

const worker = await startWorker();
const server = createServer(getRequestListener(app.fetch));
server.listen(Number(process.env.PORT ?? 3000), () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://localhost:${address?.port}`);
});

// Requests and jobs that have begun are finished. What takes longer is done by another worker when its lease ends.
async function stop() {
  setTimeout(() => process.exit(1), 25_000).unref();
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  const closed = new Promise((resolve) => server.close(resolve));
  await Promise.all([closed, worker.stop()]);
  clearInterval(closing);
  await sql.end();
}
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
