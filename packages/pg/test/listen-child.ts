import { Pool } from '@poolsafe/pg';

const { url, direct, how } = JSON.parse(process.argv[2] ?? '') as Record<'url' | 'direct' | 'how', string>;

// Nothing here ends the process: it does so by itself when nothing is open any more.
const pool = new Pool({ connectionString: url, poolsafe: { direct } });
const listening = await pool.listen('a', () => {
  if (how === 'end') pool.end();
  else listening.unlisten();
});
process.send?.('listening', () => process.disconnect?.());
