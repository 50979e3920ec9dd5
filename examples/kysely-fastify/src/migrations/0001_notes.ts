import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const notes: Migration = {
  async up(db) {
    await sql`
      create table notes (
        id bigint generated always as identity primary key,
        tenant text not null default nullif(current_setting('app.tenant', true), ''),
        body text not null,
        created_at timestamptz not null default now()
      )`.execute(db);
    await sql`create index on notes (tenant, id)`.execute(db);
    await sql`alter table notes enable row level security`.execute(db);
    await sql`
      create policy own_rows on notes
        using (tenant = (select nullif(current_setting('app.tenant', true), '')))`.execute(db);
    // Requests act as a role that owns nothing: policies do not hold for owners and superusers.
    await sql`
      do $$ begin
        create role notes_app nologin;
      exception when duplicate_object or unique_violation then null;
      end $$`.execute(db);
    await sql`grant notes_app to current_user`.execute(db);
    await sql`grant select, insert, update, delete on notes to notes_app`.execute(db);
  },
};
