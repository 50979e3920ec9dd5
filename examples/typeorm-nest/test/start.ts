import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { startStack } from '@poolsafe/stack';

/** The application as a process of its own, behind a PgBouncer with five server connections. */
export async function start() {
  const stack = await startStack({
    pgbouncers: [{ name: 'pooler', version: 'latest', settings: { default_pool_size: 5 } }],
  });
  try {
    const database = await stack.createDatabase();
    const pooler = stack.pgbouncer('pooler');
    const directUrl = stack.postgres.url(database);
    const env = { ...process.env, DATABASE_URL: pooler.url(database), DIRECT_URL: directUrl, PORT: '0' };
    await promisify(execFile)(process.execPath, ['dist/migrate.js'], { env, timeout: 60_000 });
    const process_ = spawn(process.execPath, ['dist/main.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const line = once(createInterface(process_.stdout), 'line', { signal: AbortSignal.timeout(20_000) });
    const [url] = await Promise.race([line, once(process_, 'exit')]).catch(() => []);
    if (typeof url === 'string') return { url, pooler, directUrl, process: process_, stack };
    process_.kill('SIGKILL');
    throw new Error('The application has not started.');
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
