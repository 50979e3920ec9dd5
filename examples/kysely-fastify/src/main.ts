import { app } from './app.ts';

const { PORT = '3000', HOST } = process.env;
console.log(await app.listen({ port: Number(PORT), host: HOST }));

// Requests that have begun are answered, then the pool is closed. Ten seconds are the limit.
function stop() {
  setTimeout(() => process.exit(1), 10_000).unref();
  void app.close();
}
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
