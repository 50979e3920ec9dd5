/** What a role may, what the server allows, and who is there. Everyone may read it. */
export const roleSql = `select current_user::text as role, session_user::text as login,
  r.rolsuper::text as superuser, r.rolbypassrls::text as bypass, r.rolreplication::text as replication,
  r.rolconnlimit::text as role_limit, d.datconnlimit::text as database_limit,
  (select count(*)::text from pg_catalog.pg_class c where c.relrowsecurity) as rls,
  (select count(*)::text from pg_catalog.pg_class c where c.relrowsecurity and not c.relforcerowsecurity
    and pg_catalog.pg_has_role(c.relowner, 'usage')) as rls_owned,
  pg_catalog.current_setting('max_connections') as max_connections,
  pg_catalog.current_setting('superuser_reserved_connections') as reserved,
  pg_catalog.current_setting('TimeZone') as time_zone,
  pg_catalog.current_setting('statement_timeout') as statement_timeout,
  pg_catalog.current_setting('lock_timeout') as lock_timeout,
  pg_catalog.current_setting('idle_in_transaction_session_timeout') as idle_timeout,
  pg_catalog.current_setting('default_transaction_read_only') as read_only,
  pg_catalog.pg_is_in_recovery()::text as recovery,
  pg_catalog.pg_postmaster_start_time()::text as started, d.oid::text as database_oid, d.datname::text as database,
  a.backends, a.idle
  from pg_catalog.pg_roles r, pg_catalog.pg_database d, (
    select count(*)::text as backends, (count(*) filter (where state like 'idle in transaction%'
      and state_change < now() - interval '1 minute'))::text as idle
      from pg_catalog.pg_stat_activity where backend_type = 'client backend') a
  where r.rolname = current_user and d.datname = current_database()`;

/**
 * What others have left on this server connection. Settings that poolers follow by themselves are theirs, and not those
 * of others.
 */
export const leftSql = `select pg_catalog.pg_backend_pid()::text as pid,
  case when current_user <> session_user then current_user::text end as role,
  (select string_agg(name, ', ' order by name) from pg_catalog.pg_settings
    where source = 'session' and setting is distinct from reset_val and lower(name) not in
      ('client_encoding', 'datestyle', 'timezone', 'standard_conforming_strings', 'application_name', 'intervalstyle',
       'role', 'session_authorization', 'transaction_isolation', 'transaction_read_only', 'transaction_deferrable',
       'seed')) as settings,
  (select nullif(count(*), 0)::text from pg_catalog.pg_class
    where relnamespace = pg_catalog.pg_my_temp_schema()) as temporary,
  (select nullif(count(*), 0)::text from pg_catalog.pg_listening_channels()) as channels,
  (select nullif(count(*), 0)::text from pg_catalog.pg_cursors where is_holdable) as cursors,
  (select nullif(count(*), 0)::text from pg_catalog.pg_prepared_statements
    where name !~ '^(PGBOUNCER_|odyssey_)') as statements,
  (select nullif(count(*), 0)::text from pg_catalog.pg_locks
    where pid = pg_catalog.pg_backend_pid() and locktype = 'advisory') as locks`;
