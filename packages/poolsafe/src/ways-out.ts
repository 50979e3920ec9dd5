import type { HazardCode } from '@poolsafe/core';

/**
 * One way out of what a transaction-mode pooler breaks, with what it costs.
 *
 * ```ts
 * const way: WayOut = {
 *   way: 'transaction pooler',
 *   settings: 'jdbc:postgresql://…:6543/postgres?prepareThreshold=0',
 *   costs: 'PostgreSQL parses and plans each query anew',
 *   source: 'https://jdbc.postgresql.org/documentation/server-prepare/',
 *   verified: false,
 * }
 * ```
 */
export interface WayOut {
  /** What the application connects to. */
  readonly way: 'transaction pooler' | 'tracking pooler' | 'session pooler' | 'direct connection';
  /** What to write, in the language of the stack. */
  readonly settings: string;
  readonly costs: string;
  readonly source: string;
  /** The versions with which a test ran it, or `false`: it was read, not run. */
  readonly verified: string | false;
}

/** The PgBouncers that the recipe test runs. */
const PGBOUNCERS = 'PgBouncer 1.18, 1.24 and the latest';

const supabase = 'https://supabase.com/docs/guides/database/connecting-to-postgres';

/** The ways out that change where the application connects to, and nothing of how it queries. */
const otherPlaces: readonly WayOut[] = [
  {
    way: 'tracking pooler',
    settings: `; pgbouncer.ini, PgBouncer 1.21 or later; the default is 200 from 1.24 on
max_prepared_statements = 200`,
    costs:
      'nothing in the application; memory in the pooler. It keeps statements only, no other state of a session. Not for you to choose at Supabase: its shared pooler keeps none',
    source: 'https://www.pgbouncer.org/config.html#max_prepared_statements',
    verified: 'PgBouncer 1.24 and the latest',
  },
  {
    way: 'session pooler',
    settings: `# Supabase: the same host, another port
postgres://postgres.PROJECT_REF:…@aws-0-REGION.pooler.supabase.com:5432/postgres
# PgBouncer
pool_mode = session`,
    costs:
      'a server connection for each client, for as long as it is connected: all clients of all processes together must fit into the pool, or they wait, and Supabase answers (EMAXCONNSESSION). Keep the pool of each process small',
    source: supabase,
    verified: `pool_mode = session: PgBouncer 1.24; Supabase: not run`,
  },
  {
    way: 'direct connection',
    settings: `# Supabase
postgres://postgres:…@db.PROJECT_REF.supabase.co:5432/postgres`,
    costs:
      'nobody pools: each connection is a process of PostgreSQL and counts against max_connections, which serverless functions exhaust. Supabase: the host has an IPv6 address only, unless the project pays for IPv4',
    source: supabase,
    verified: 'PostgreSQL 18; Supabase: not run',
  },
];

/** Which of {@link otherPlaces} help against what. */
export function otherPlacesFor(hazard: HazardCode): readonly WayOut[] {
  if (hazard === 'POOLSAFE_STATEMENT_NAME') return otherPlaces;
  // In session mode PgBouncer refuses them, too.
  if (hazard === 'POOLSAFE_STARTUP_PARAMETER')
    return otherPlaces.filter(({ way }) => way === 'direct connection');
  return otherPlaces.filter(({ way }) => way !== 'tracking pooler');
}

const anew = 'PostgreSQL parses and plans each query anew';

/** A row of {@link recipes}: the settings with which a stack that is not Node's works behind a transaction pooler. */
export interface Recipe extends Omit<WayOut, 'way'> {
  readonly hazard: HazardCode;
}

const sqlalchemyOverPsycopg = `from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    DATABASE_URL,  # postgresql+psycopg://…:6543/postgres, psycopg 3 in place of asyncpg
    connect_args={"prepare_threshold": None},
)`;

const sqlalchemyAsyncpg = `from uuid import uuid4
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    DATABASE_URL,  # postgresql+asyncpg://…:6543/postgres
    poolclass=NullPool,
    connect_args={
        "statement_cache_size": 0,  # of asyncpg
        "prepared_statement_cache_size": 0,  # of SQLAlchemy, which has one of its own
        "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
    },
)`;

const djangoSettings = `# settings.py
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True  # which .iterator() would use
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = None  # Django's default since 4.2`;

const django = {
  settings: djangoSettings,
  source: 'https://docs.djangoproject.com/en/4.2/ref/databases/#transaction-pooling-and-server-side-cursors',
  verified: `Django 4.2, psycopg 3.2; ${PGBOUNCERS}`,
};

/** The name of a row of {@link recipes}. */
export type RecipeName =
  | 'sqlalchemy-asyncpg'
  | 'sqlalchemy-psycopg'
  | 'django'
  | 'asyncpg'
  | 'psycopg'
  | 'rails'
  | 'jdbc'
  | 'pgx'
  | 'lib-pq';

/** What to set in other languages, by the name of the stack. */
export const recipes: { readonly [Name in RecipeName]: readonly Recipe[] } = {
  'sqlalchemy-asyncpg': [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: sqlalchemyOverPsycopg,
      costs: `another driver; ${anew}. Leaves nothing on server connections`,
      source:
        'https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#module-sqlalchemy.dialects.postgresql.psycopg',
      verified: `SQLAlchemy 2.0, psycopg 3.2; ${PGBOUNCERS}`,
    },
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: sqlalchemyAsyncpg,
      costs: `${anew}, and each session logs in to the pooler anew. Worse, each query leaves its statement on a server connection until that ends: 200 of 200 were still there, with 5 to 23 kB each. At 100 queries a second that is 2 to 8 GB in the hour of PgBouncer's server_lifetime; lower that, or take psycopg`,
      source:
        'https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer',
      verified: `SQLAlchemy 2.0, asyncpg 0.30; ${PGBOUNCERS}`,
    },
  ],
  'sqlalchemy-psycopg': [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: `from sqlalchemy import create_engine

engine = create_engine(
    DATABASE_URL,  # postgresql+psycopg://…:6543/postgres
    connect_args={"prepare_threshold": None},
)`,
      costs: anew,
      source: 'https://www.psycopg.org/psycopg3/docs/advanced/prepare.html',
      verified: `SQLAlchemy 2.0, psycopg 3.2; ${PGBOUNCERS}`,
    },
  ],
  django: [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      ...django,
      costs: `${anew}; .iterator() fetches all rows at once`,
    },
    {
      hazard: 'POOLSAFE_HOLD_CURSOR',
      ...django,
      costs:
        'the memory for all rows of an .iterator() at once; page through large tables by the primary key',
    },
  ],
  asyncpg: [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: `import asyncpg

pool = asyncpg.create_pool(DATABASE_URL, statement_cache_size=0)`,
      costs: `${anew}, twice each: asyncpg parses again to be sure. prepare() and copy_records_to_table() still name statements`,
      source:
        'https://magicstack.github.io/asyncpg/current/faq.html#why-am-i-getting-prepared-statement-errors',
      verified: `asyncpg 0.30; ${PGBOUNCERS}`,
    },
  ],
  psycopg: [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: `import psycopg

connection = psycopg.connect(DATABASE_URL, prepare_threshold=None)`,
      costs: anew,
      source: 'https://www.psycopg.org/psycopg3/docs/advanced/prepare.html',
      verified: `psycopg 3.2; ${PGBOUNCERS}`,
    },
  ],
  rails: [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: `# config/database.yml
production:
  prepared_statements: false`,
      costs: anew,
      source: 'https://guides.rubyonrails.org/configuring.html#configuring-a-postgresql-database',
      verified: false,
    },
    {
      hazard: 'POOLSAFE_ADVISORY_LOCK',
      settings: `# config/database.yml
production:
  advisory_locks: false   # or run db:migrate with the URL of a direct connection, which keeps the lock`,
      costs: 'two deployments at once can run the same migration twice',
      source: 'https://guides.rubyonrails.org/configuring.html#configuring-a-postgresql-database',
      verified: false,
    },
  ],
  jdbc: [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: 'jdbc:postgresql://…:6543/postgres?prepareThreshold=0',
      costs: anew,
      source: 'https://jdbc.postgresql.org/documentation/server-prepare/',
      verified: false,
    },
    {
      hazard: 'POOLSAFE_STARTUP_PARAMETER',
      settings: `; pgbouncer.ini
ignore_startup_parameters = extra_float_digits`,
      costs: 'floating-point numbers arrive with the digits that PostgreSQL gives by default',
      source: 'https://www.pgbouncer.org/config.html#ignore_startup_parameters',
      verified: false,
    },
  ],
  pgx: [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: 'postgres://…:6543/postgres?default_query_exec_mode=exec',
      costs: `${anew}; pgx then knows the types of parameters from their Go types alone`,
      source: 'https://pkg.go.dev/github.com/jackc/pgx/v5#QueryExecMode',
      verified: false,
    },
  ],
  'lib-pq': [
    {
      hazard: 'POOLSAFE_STATEMENT_NAME',
      settings: 'postgres://…:6543/postgres?binary_parameters=yes',
      costs: `${anew}; bytea parameters are sent in binary. db.Prepare() still names statements`,
      source: 'https://pkg.go.dev/github.com/lib/pq',
      verified: false,
    },
  ],
};
