import { closeSync, openSync, unlinkSync } from 'node:fs';
import { type LockOptions, Pool, type PoolConfig } from '@poolsafe/pg';

/** What a process of its own is told, as one JSON argument. */
export interface LockTask {
  readonly config: PoolConfig;
  readonly options: LockOptions;
  readonly key: string;
  readonly times: number;
  /** A file that only one process at a time can make. */
  readonly file: string;
}

const { config, options, key, times, file } = JSON.parse(process.argv[2] ?? '') as LockTask;
const pool = new Pool(config);
await pool.query('select 1');
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
for (let n = 0; n < times; n += 1) {
  await pool.withAdvisoryLock(
    key,
    async (client) => {
      closeSync(openSync(file, 'wx'));
      const { rows } = await client.query('select n from counter');
      await client.query('select pg_sleep(0.002)');
      await client.query('update counter set n = $1', [rows[0].n + 1]);
      unlinkSync(file);
    },
    options,
  );
}
await pool.end();
process.send?.('done', () => process.disconnect?.());
