import { Pool as SafePool } from '@poolsafe/pg';
import { type Stack, startStack } from '@poolsafe/stack';
import pg from 'pg';
import { load } from './load.ts';
import { compare, type Measured, type Ratio } from './pairs.ts';
import { amount, shown, table } from './table.ts';

const statements = 1500;
const clients = 10;

/** `pg` and `@poolsafe/pg` with the same statements, directly and through each PgBouncer. */
export async function benchPg(pairs: number): Promise<readonly Ratio[]> {
  await using stack = await startStack();
  const ratios: Ratio[] = [];
  for (const [what, url] of await targets(stack)) {
    const bare = new pg.Pool({ connectionString: url, max: clients });
    const safe = new SafePool({ connectionString: url, max: clients });
    ratios.push(
      await compare(
        what,
        pairs,
        () => throughput(bare),
        () => throughput(safe),
      ),
    );
    await Promise.all([bare.end(), safe.end()]);
  }
  return ratios;
}

export function showPg(ratios: readonly Ratio[], pairs: number): string {
  const rows = ratios.map(({ what, bare, poolsafe, ratio, cpuRatio }) => {
    return [what, amount(bare), amount(poolsafe), shown(ratio), shown(cpuRatio)];
  });
  const head = ['Target', 'bare /s', 'poolsafe /s', 'poolsafe / bare', 'CPU time of the client'];
  return `Primary-key select, ${clients} clients, ${pairs} pairs in turn.\n\n${table(head, rows)}`;
}

async function targets(stack: Stack): Promise<readonly (readonly [what: string, url: string])[]> {
  const database = await stack.createDatabase();
  const setup = new pg.Client({ connectionString: stack.postgres.url(database) });
  await setup.connect();
  await setup.query(`create table item as select i as id, 'item ' || i as name from generate_series(1, 1000) i;
    alter table item add primary key (id); analyze item`);
  await setup.end();
  return [
    ...stack.pgbouncers.map(({ name, url }) => [`PgBouncer ${name}`, url(database)] as const),
    ['direct', stack.postgres.url(database)],
  ];
}

async function throughput(pool: pg.Pool): Promise<Measured> {
  const { times, seconds, cpu } = await load(
    clients,
    (done) => done < statements,
    (i) => pool.query('select id, name from item where id = $1', [(i % 1000) + 1]),
  );
  return { rate: times / seconds, cpu: cpu / times };
}
