import { Pool as SafePool } from '@poolsafe/pg';
import { type Stack, startStack } from '@poolsafe/stack';
import pg from 'pg';
import { compare, type Measured, type Ratio } from './pairs.ts';

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
  const lines = ratios.map(({ what, bare, poolsafe, ratio, cpuRatio }) => {
    const absolute = `bare ${bare.toFixed(0)}/s, poolsafe ${poolsafe.toFixed(0)}/s`;
    return `${what.padEnd(18)} ${absolute}, ratio ${shown(ratio)}, CPU time of the client ${shown(cpuRatio)}`;
  });
  return [`pg, primary-key select, ${clients} clients, ${pairs} pairs in turn`, ...lines].join('\n');
}

function shown([least, middle, most]: Ratio['ratio']): string {
  return `${middle.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
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
  const [started, used] = [performance.now(), process.cpuUsage()];
  let left = statements;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await pool.query('select id, name from item where id = $1', [(left % 1000) + 1]);
    }
  };
  await Promise.all(Array.from({ length: clients }, worker));
  const { user, system } = process.cpuUsage(used);
  return { rate: (statements / (performance.now() - started)) * 1000, cpu: user + system };
}
