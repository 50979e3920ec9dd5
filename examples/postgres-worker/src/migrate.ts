import { readdir, readFile } from 'node:fs/promises';
import { sql } from './db.ts';

// Any number of deployments may do this at once: each migration is applied once.
await sql.withAdvisoryLock(
  'migrations',
  async (sql) => {
    await sql`create table if not exists migrations (name text primary key)`;
    const applied = await sql<{ name: string }[]>`select name from migrations`;
    const done = new Set(applied.map(({ name }) => name));
    for (const name of (await readdir('migrations')).sort()) {
      if (done.has(name)) continue;
      const text = await readFile(`migrations/${name}`, 'utf8');
      await sql.begin(async (sql) => {
        await sql.unsafe(text);
        await sql`insert into migrations (name) values (${name})`;
      });
    }
  },
  { scope: 'session' },
);
await sql.end();
