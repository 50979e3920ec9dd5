import pg from 'pg';
import type { Route } from './database.ts';

/** A table with a row for each tenant, which see nobody else's. */
export const notesOf = (tenants: number): string => `
  create table note (id int generated always as identity, tenant int not null, body text not null);
  insert into note (tenant, body) select n, 'of ' || n from generate_series(1, ${tenants}) n;
  alter table note enable row level security;
  alter table note force row level security;
  create policy own on note using (tenant = nullif(current_setting('app.tenant_id', true), '')::int)`;

/** What is set on the server connections that there are, by somebody who sets nothing. */
export async function left(route: Route, name: string): Promise<unknown[]> {
  const bare = new pg.Pool({ connectionString: route.url, max: 10 });
  const text = `select coalesce(current_setting($1, true), '') as value, pg_sleep(0.05)`;
  const found = await Promise.all(Array.from({ length: 10 }, () => bare.query(text, [name])));
  await bare.end();
  return [...new Set(found.map(({ rows }) => rows[0].value))];
}
