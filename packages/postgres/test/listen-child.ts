import postgres from '@poolsafe/postgres';

const { url, direct, how } = JSON.parse(process.argv[2] ?? '') as Record<'url' | 'direct' | 'how', string>;

// Nothing here ends the process: it does so by itself when nothing is open any more.
const sql = postgres(url, { poolsafe: { direct } });
const { unlisten } = await sql.listen('a', () => {
  if (how === 'end') sql.end();
  else unlisten();
});
process.send?.('listening', () => process.disconnect?.());
