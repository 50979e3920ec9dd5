import { app } from './app.ts';
import { prisma } from './db.ts';

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error;
  const address = server.address();
  if (typeof address === 'object') console.log(`http://localhost:${address?.port}`);
});

// Requests that have begun are answered, then the pool is closed. Ten seconds are the limit.
function stop() {
  setTimeout(() => process.exit(1), 10_000).unref();
  // A connection whose request has just been answered is idle, and would be kept alive.
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  server.close(() => {
    clearInterval(closing);
    void prisma.$disconnect();
  });
}
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
