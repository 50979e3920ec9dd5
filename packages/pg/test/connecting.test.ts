import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { inspect, promisify } from 'node:util';
import * as poolsafe from '@poolsafe/pg';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import type { Lib } from './drop-in/lib.ts';
import { failure, shapeOf } from './drop-in/shape.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

const guarded = poolsafe as unknown as Lib;

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** How a client and a pool fail to connect. */
async function failing(lib: Lib, config: pg.PoolConfig): Promise<unknown[]> {
  const [client, pool] = [new lib.Client(config), new lib.Pool(config)];
  const called = new Promise((resolve) => {
    new lib.Client(config).connect((error: unknown) => resolve(shapeOf(error)));
  });
  const seen = [
    await failure(() => client.connect()),
    await called,
    await failure(() => pool.connect()),
    await failure(() => pool.query('select 1')),
    [pool.totalCount, pool.idleCount, pool.waitingCount],
  ];
  await pool.end();
  return seen;
}

const port = await closedPort();
const cannot: Record<string, pg.PoolConfig> = {
  'no server': { host: '127.0.0.1', port, password: 'hunter2' },
  'no server, in a URL': { connectionString: `postgres://app:hunter2@127.0.0.1:${port}/shop` },
  'no host of this name': { host: 'nowhere.invalid', password: 'hunter2' },
  'no socket': { connectionString: '/nowhere' },
  'no socket, in a URL': { connectionString: 'postgres://app:hunter2@%2Fnowhere/shop' },
};

for (const [title, config] of Object.entries(cannot)) {
  test(`the error of the driver | ${title}`, async () => {
    const bare = await failing(pg, config);
    expect(await failing(guarded, config)).toEqual(bare);
    expect(JSON.stringify(bare)).toMatch(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENOENT/);
  });
}

for (const { name, url } of database.routes) {
  test(`the error of the server | wrong password | ${name}`, async () => {
    const config = { connectionString: url.replace(/:[^:@]+@/, ':hunter2@') };
    const bare = await failing(pg, config);
    expect(await failing(guarded, config)).toEqual(bare);
    expect(JSON.stringify(bare)).toMatch(/"code":"(28P01|08P01)"/);
    expect(JSON.stringify(bare)).not.toContain('hunter2');
  });

  test(`nothing shows the password | ${name}`, async () => {
    const { host, port, user, database: name, password } = new pg.Client(url);
    const pool = new poolsafe.Pool({ host, port, ...({ user, database: name, password } as pg.PoolConfig) });
    const client = await pool.connect();
    const error = await client.query("set work_mem = '1MB'").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(poolsafe.HazardError);
    expect(JSON.stringify(pool.options)).not.toContain(password);
    for (const shown of [pool, client, error]) expect(inspect(shown, { depth: 9 })).not.toContain(password);
    client.release();
    await pool.end();
  });
}

// A pooler keeps an error of its own for a while, so that the second client would be told another one.
test('the error of the server | no such database', async () => {
  const config = { connectionString: `${database.direct.url}_not` };
  const bare = await failing(pg, config);
  expect(await failing(guarded, config)).toEqual(bare);
  expect(JSON.stringify(bare)).toMatch(/"code":"3D000"/);
});

const run = promisify(execFile);

test('ConfigError | the environment asks for pg-native', async () => {
  const script = `import('@poolsafe/pg').catch((error) => console.log(error.name, error.code, error.message))`;
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@poolsafe/source', '--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: import.meta.dirname, env: { ...process.env, NODE_PG_FORCE_NATIVE: '1' } },
  );
  expect(stdout).toMatch(/^ConfigError POOLSAFE_CONFIG NODE_PG_FORCE_NATIVE is set/);
});
