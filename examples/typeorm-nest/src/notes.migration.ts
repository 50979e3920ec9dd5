import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Notes1763769600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notes (
        id bigint generated always as identity primary key,
        tenant text not null default nullif(current_setting('app.tenant', true), ''),
        body text not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query('create index notes_tenant_idx on notes (tenant)');
    await runner.query('alter table notes enable row level security');
    await runner.query(`
      create policy own_rows on notes
        using (tenant = (select nullif(current_setting('app.tenant', true), '')))`);
    // Requests act as a role that owns nothing: policies do not hold for owners and superusers.
    await runner.query(`
      do $$ begin
        create role notes_app nologin;
      exception when duplicate_object or unique_violation then null;
      end $$`);
    await runner.query('grant notes_app to current_user');
    await runner.query('grant select, insert, update, delete on notes to notes_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    // The role stays: it belongs to all databases of the server.
    await runner.query('drop table notes');
  }
}
