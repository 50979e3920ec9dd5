/** A table with a row for each tenant, which see nobody else's. */
export const notesOf = (tenants: number): string => `
  create table note (id int generated always as identity, tenant int not null, body text not null);
  insert into note (tenant, body) select n, 'of ' || n from generate_series(1, ${tenants}) n;
  alter table note enable row level security;
  alter table note force row level security;
  create policy own on note using (tenant = nullif(current_setting('app.tenant_id', true), '')::int)`;
