create table jobs (
  id bigint generated always as identity primary key,
  tenant text not null default nullif(current_setting('app.tenant', true), ''),
  payload jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  attempts int not null default 0,
  -- When it may be taken. While it is running: when its lease ends.
  run_at timestamptz not null default now(),
  error text
);
create index on jobs (run_at) where state in ('waiting', 'running');
create index on jobs (tenant, id);

-- What has been sent, numbered for each tenant.
create table messages (
  job bigint not null references jobs,
  tenant text not null default nullif(current_setting('app.tenant', true), ''),
  number bigint not null,
  body text not null,
  sent_at timestamptz not null default now()
);
create index on messages (tenant, number);

alter table jobs enable row level security;
alter table messages enable row level security;
create policy own_rows on jobs using (tenant = (select nullif(current_setting('app.tenant', true), '')));
create policy own_rows on messages using (tenant = (select nullif(current_setting('app.tenant', true), '')));

-- Requests and jobs act as a role that owns nothing: policies do not hold for owners and superusers.
do $$ begin
  create role jobs_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant jobs_app to current_user;
grant select, insert, update on jobs to jobs_app;
grant select, insert on messages to jobs_app;
