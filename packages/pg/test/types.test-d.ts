// Checked by the compiler alone: that the import can be swapped, and that mistakes are still mistakes.
import poolsafe, * as named from '@poolsafe/pg';
import {
  Client,
  type ClientConfig,
  type Plan,
  Pool,
  type PoolClient,
  type PoolConfig,
  type QueryResult,
} from '@poolsafe/pg';
import bare from 'pg';
import { expectTypeOf, test } from 'vitest';

declare const pool: Pool;
declare const client: Client;

test('a guarded Pool or Client goes wherever one of pg does', () => {
  expectTypeOf(pool).toExtend<bare.Pool>();
  expectTypeOf(client).toExtend<bare.Client>();
  expectTypeOf(client).toExtend<bare.ClientBase>();
  expectTypeOf(Pool).toExtend<typeof bare.Pool>();
  expectTypeOf(Client).toExtend<typeof bare.Client>();
  expectTypeOf<bare.PoolConfig>().toExtend<PoolConfig>();
  expectTypeOf<bare.ClientConfig>().toExtend<ClientConfig>();
  expectTypeOf(pool.poolsafe).toEqualTypeOf<Plan>();
  expectTypeOf(client.poolsafe).toEqualTypeOf<Plan>();
});

test('the types that pg exports', () => {
  expectTypeOf<PoolClient>().toEqualTypeOf<bare.PoolClient>();
  expectTypeOf<QueryResult<{ n: number }>>().toEqualTypeOf<bare.QueryResult<{ n: number }>>();
  expectTypeOf<named.QueryArrayConfig>().toEqualTypeOf<bare.QueryArrayConfig>();
  expectTypeOf<named.Submittable>().toEqualTypeOf<bare.Submittable>();
  expectTypeOf(named.types).toEqualTypeOf<typeof bare.types>();
  expectTypeOf(new named.DatabaseError('', 0, 'error')).toEqualTypeOf<bare.DatabaseError>();
});

test('the default export, as value and as namespace', () => {
  expectTypeOf<poolsafe.Pool>().toEqualTypeOf<Pool>();
  expectTypeOf<poolsafe.Client>().toEqualTypeOf<Client>();
  expectTypeOf<poolsafe.PoolConfig>().toEqualTypeOf<PoolConfig>();
  expectTypeOf<poolsafe.PoolClient>().toEqualTypeOf<PoolClient>();
  expectTypeOf<poolsafe.QueryResult>().toEqualTypeOf<QueryResult>();
  expectTypeOf<poolsafe.QueryResult<{ n: number }>>().toEqualTypeOf<QueryResult<{ n: number }>>();
  expectTypeOf<poolsafe.QueryArrayResult<[number]>>().toEqualTypeOf<bare.QueryArrayResult<[number]>>();
  expectTypeOf<poolsafe.QueryConfig>().toEqualTypeOf<bare.QueryConfig>();
  expectTypeOf<poolsafe.QueryConfig<[number]>>().toEqualTypeOf<bare.QueryConfig<[number]>>();
  expectTypeOf<poolsafe.Query>().toEqualTypeOf<bare.Query>();
  expectTypeOf(new poolsafe.Pool()).toEqualTypeOf<Pool>();
  expectTypeOf(poolsafe.native).toBeNever();
});

test('calls and their results', () => {
  type Row = { n: number };
  expectTypeOf(pool.query<Row>('')).resolves.toEqualTypeOf<QueryResult<Row>>();
  expectTypeOf(client.query<Row>('', [1])).resolves.toEqualTypeOf<QueryResult<Row>>();
  expectTypeOf(pool.query<Row, [number]>({ text: '', values: [1] })).resolves.toEqualTypeOf<
    QueryResult<Row>
  >();
  expectTypeOf(pool.query<[number]>({ text: '', rowMode: 'array' })).resolves.toEqualTypeOf<
    bare.QueryArrayResult<[number]>
  >();
  expectTypeOf(client.query<Row>('', (_, { rows }) => expectTypeOf(rows).toEqualTypeOf<Row[]>())).toBeVoid();
  expectTypeOf(client.query(new bare.Query(''))).toEqualTypeOf<bare.Query>();
  expectTypeOf(pool.connect()).resolves.toEqualTypeOf<bare.PoolClient>();
  expectTypeOf(pool.on('error', (error, lost) => [error.message, lost.release])).toEqualTypeOf<Pool>();
});

test('classes of one’s own', () => {
  class Mine extends Client {
    readonly mine: boolean = true;
  }
  class MyPool extends Pool {
    constructor(config: PoolConfig) {
      super({ ...config, Client: Mine, poolsafe: { pooler: 'pgbouncer' } });
    }
  }
  expectTypeOf<Mine>().toExtend<bare.Client>();
  expectTypeOf<MyPool>().toExtend<Pool>();
});

test('mistakes', () => {
  // @ts-expect-error
  new Pool('postgres://app@db/shop');
  // @ts-expect-error
  new Pool({ poolsafe: { pooler: 'pgbounce' } });
  // @ts-expect-error
  new Pool({ poolsafe: { poler: 'direct' } });
  // @ts-expect-error
  new Client({ poolsafe: { onHazard: 'ignore' } });
  // @ts-expect-error
  new Client({ poolsafe: { allow: ['SET'] } });
  // @ts-expect-error
  new Pool({ Client: class {} });
  // @ts-expect-error
  new Pool({ maximum: 1 });
  // @ts-expect-error
  pool.query(1);
  // @ts-expect-error
  client.query<{ n: number }>('').then(({ rows }) => rows[0]?.m);
  // @ts-expect-error
  pool.poolsafe.keepsNames = true;
  // @ts-expect-error
  new bare.Pool({ poolsafe: {} });
});

test('what needs a session', () => {
  expectTypeOf(
    pool.session(async (inside) => (await inside.query<{ n: number }>('')).rows),
  ).resolves.toEqualTypeOf<{ n: number }[]>();
  expectTypeOf(pool.session((inside) => inside)).resolves.toEqualTypeOf<Client>();
  expectTypeOf(
    pool.withAdvisoryLock(1n, (_, lost) => lost.reason as string),
  ).resolves.toEqualTypeOf<string>();
  pool.listen('c', (payload, { processId }) =>
    expectTypeOf([payload, processId]).toEqualTypeOf<(string | number)[]>(),
  );
  // @ts-expect-error: a key is a text or a whole number
  pool.withAdvisoryLock({}, () => {});
  // @ts-expect-error: there is no such scope
  pool.withAdvisoryLock('k', () => {}, { scope: 'statement' });
  const { url, direct } = named.resolveUrls();
  new Pool({ connectionString: url, poolsafe: { direct } });
});
