import { type Stack, standardOdysseys, standardPgBouncers } from '@poolsafe/stack';
import { type PoolerUnderTest, prepareServer, type Servers, type Target } from './site.ts';

/** What the standard PgBouncers of a stack are known to do. */
const known: Readonly<Record<string, Pick<PoolerUnderTest, 'tracking' | 'row'>>> = {
  '1.18': { tracking: false, row: 'pgbouncer-1.18' },
  '1.24off': { tracking: false, row: 'pgbouncer-1.24' },
  '1.24': { tracking: true, row: 'pgbouncer-1.24' },
  latest: { tracking: true, row: 'pgbouncer-1.26' },
};

/**
 * The servers of a started stack as plain data for the suite, with the roles that the cases use.
 *
 * ```ts
 * const stack = await startStack()
 * const servers = await standardServers(stack)
 * ```
 */
export async function standardServers(stack: Stack): Promise<Servers> {
  await prepareServer(stack.postgres.address);
  const poolers = stack.pgbouncers.map((bouncer): PoolerUnderTest => {
    const { name, version, address } = bouncer;
    const facts = known[name];
    const spec = standardPgBouncers.find((standard) => standard.name === name);
    if (facts === undefined || spec === undefined)
      throw new Error(`The suite does not know what to expect of the pooler "${name}".`);
    return { name, version, address, spec, ...facts };
  });
  const others = stack.odysseys.map(({ name, address }): Target => {
    const spec = standardOdysseys.find((standard) => standard.name === name);
    if (spec === undefined)
      throw new Error(`The suite does not know what to expect of the pooler "${name}".`);
    return { name, address, spec, row: 'odyssey', tracking: spec.preparedStatements };
  });
  return { postgres: stack.postgres.address, poolers, others };
}
