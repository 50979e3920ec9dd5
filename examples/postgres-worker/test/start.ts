import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import postgres from '@poolsafe/postgres';
import { startStack } from '@poolsafe/stack';
import { startReceiver } from './receiver.ts';

export interface Worker {
  readonly url: string;
  readonly process: ChildProcess;
}

/** What workers need: a PgBouncer with five server connections, and somebody who receives the messages. */
export async function start() {
  const stack = await startStack({
    pgbouncers: [{ name: 'pooler', version: 'latest', settings: { default_pool_size: 5 } }],
  });
  const database = await stack.createDatabase();
  const pooler = stack.pgbouncer('pooler');
  const directUrl = stack.postgres.url(database);
  const receiver = await startReceiver();
  const env = {
    ...process.env,
    DATABASE_URL: pooler.url(database),
    DIRECT_URL: directUrl,
    DELIVERY_URL: receiver.url,
    PORT: '0',
    LEASE_SECONDS: '3',
    RETRY_SECONDS: '0.01',
    // So that nothing is found by looking without a reason.
    POLL_SECONDS: '3600',
  };
  await promisify(execFile)(process.execPath, ['src/migrate.ts'], { env });
  const admin = postgres(directUrl, { max: 2, poolsafe: { pooler: 'direct' } });
  const workers: ChildProcess[] = [];
  return {
    pooler,
    receiver,
    admin,
    async worker(more: NodeJS.ProcessEnv = {}): Promise<Worker> {
      const worker = spawn(process.execPath, ['src/main.ts'], {
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      workers.push(worker);
      const ended = once(worker, 'exit').then(() => Promise.reject(new Error('The worker has ended.')));
      const [url] = await Promise.race([once(createInterface(worker.stdout), 'line'), ended]);
      return { url: String(url), process: worker };
    },
    async stop() {
      for (const worker of workers) worker.kill('SIGKILL');
      await Promise.all([receiver.stop(), admin.end()]);
      await stack.stop();
    },
  };
}
