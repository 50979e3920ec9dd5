import { connect, type Step } from './lib.ts';
import { codeOf } from './shape.ts';
import { libSteps } from './sql-steps.ts';
import { startRelay } from './tcp-relay.ts';
import { until } from './wait.ts';

const steps: Record<string, Step> = {
  'and another query': async (lib, route) => {
    await using relay = await startRelay(route.url);
    const closed: unknown[] = [];
    const options = { max: 1, backoff: 0, onclose: () => closed.push('closed') };
    const sql = connect(lib, { ...route, url: relay.url }, options);
    const one = await sql.reserve();
    await one`select 1`;
    relay.cut();
    await until(() => closed.length === 1);
    const code = await codeOf(() => one`select 2`);
    one.release();
    const after = await sql`select 3 as a`;
    await sql.end();
    return [code, [...after]];
  },
};

export const losses: [string, Step][] = libSteps('a reserved connection that is lost', steps);
