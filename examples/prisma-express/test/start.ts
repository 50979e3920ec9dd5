import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { startStack } from '@poolsafe/stack';
import { Client } from 'pg';

/** The application as a process of its own, behind a PgBouncer with five server connections. */
export async function start() {
  const stack = await startStack({
    pgbouncers: [{ name: 'pooler', version: 'latest', settings: { default_pool_size: 5 } }],
  });
  try {
    const database = await stack.createDatabase();
    const pooler = stack.pgbouncer('pooler');
    const directUrl = stack.postgres.url(database);
    await migrate(directUrl);
    const env = { ...process.env, DATABASE_URL: pooler.url(database), DIRECT_URL: directUrl, PORT: '0' };
    const process_ = spawn(process.execPath, ['src/main.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
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

/** `prisma migrate deploy` needs an engine that Prisma downloads: without it, the tests run offline too. */
async function migrate(url: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(await readFile('prisma/migrations/0001_notes/migration.sql', 'utf8'));
  await client.end();
}
