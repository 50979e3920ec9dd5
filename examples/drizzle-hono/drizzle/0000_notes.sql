create table notes (
  id bigint generated always as identity primary key,
  tenant text not null default nullif(current_setting('app.tenant', true), ''),
  body text not null,
  created_at timestamptz not null default now()
);
--> statement-breakpoint
create index on notes (tenant, id);
--> statement-breakpoint
alter table notes enable row level security;
--> statement-breakpoint
create policy own_rows on notes
  using (tenant = (select nullif(current_setting('app.tenant', true), '')));
--> statement-breakpoint
-- Requests act as a role that owns nothing: policies do not hold for owners and superusers.
do $$ begin
  create role notes_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
grant notes_app to current_user;
--> statement-breakpoint
grant select, insert, update, delete on notes to notes_app;
