import type { ChildMessage, ChildTask } from './child.ts';
import type { Subject } from './subject.ts';

const { module, side, options } = JSON.parse(process.argv[2] ?? '') as ChildTask;
const { subject } = (await import(module)) as { subject: Subject };

// Nothing here ends the process: it does so by itself when nothing is open any more.
const app = subject[side]({ ...options, max: 3 });
await Promise.all([1, 2, 3].map((n) => app.query('select $1::int as n', [n])));
await app.transaction((transaction) => transaction.query('select 1'));
await app.stream?.('select generate_series(1, 1000) as n', 5);
await app.end();
process.send?.({ state: 'ended' } satisfies ChildMessage, () => process.disconnect?.());
