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
  const database = await stack.createDatabase();
  const pooler = stack.pgbouncer('pooler');
  const directUrl = stack.postgres.url(database);
  const env = { ...process.env, DATABASE_URL: pooler.url(database), DIRECT_URL: directUrl, PORT: '0' };
  await promisify(execFile)(process.execPath, ['src/migrate.ts'], { env });
  const process_ = spawn(process.execPath, ['src/main.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = await once(createInterface(process_.stdout), 'line');
  return { url: String(url), pooler, directUrl, process: process_, stack };
}
