create table notes (
  id integer generated always as identity,
  tenant text not null default nullif(current_setting('app.tenant', true), ''),
  body text not null,
  created_at timestamptz(3) not null default current_timestamp,
  constraint notes_pkey primary key (id)
);

create index notes_tenant_id_idx on notes (tenant, id);

alter table notes enable row level security;

create policy own_rows on notes
  using (tenant = (select nullif(current_setting('app.tenant', true), '')));

-- Requests act as a role that owns nothing: policies do not hold for owners and superusers.
do $$ begin
  create role notes_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;

grant notes_app to current_user;

grant select, insert, update, delete on notes to notes_app;
