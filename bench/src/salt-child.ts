import { Pool } from '@poolsafe/pg';
import pg from 'pg';
import { load } from './load.ts';
import type { Mode, Orders } from './salt.ts';
import { sqlTexts } from './stacks/stack.ts';

/** How many statements each process has. */
const hot = 50;

const orders: Orders = JSON.parse(process.argv[2] ?? '');

/** Statements of one text differ in a number that does nothing. */
function textsOf(comment: string): readonly string[] {
  return Array.from({ length: hot }, (_, n) => `${sqlTexts.join} limit ${n + 100}${comment}`);
}

function modeOf(mode: Mode) {
  const options = { connectionString: orders.urls[mode], max: orders.connections };
  const pool: pg.Pool = mode === 'unnamed' ? new pg.Pool(options) : new Pool(options);
  const texts = textsOf(mode === 'own' ? ` /* of ${process.pid} */` : '');
  return (i: number) => pool.query(texts[i % hot] ?? '', [(i % 5000) + 1]);
}

const modes = { shared: modeOf('shared'), own: modeOf('own'), unnamed: modeOf('unnamed') };

process.on('message', async ({ mode, executions }: { mode: Mode; executions: number }) => {
  await load(orders.connections, (times) => times < executions, modes[mode]);
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
