/**
 * A piece of knowledge about a pooler with where it comes from. `verified` names the version that it was run
 * on, or is `false` where it was only read.
 */
export interface Fact<T> {
  readonly value: T;
  readonly source: string;
  readonly verified: string | false;
}

/** What is on the other side of a connection, and what it keeps for its clients. */
export interface Pooler {
  readonly name: PoolerName;
  readonly title: string;
  /**
   * Session state (settings, temporary tables, session locks, LISTEN): `kept` for this client, `lost` because
   * each transaction may get another server connection, or `pinned`: using it takes a server connection out
   * of the pool.
   */
  readonly session: Fact<'kept' | 'lost' | 'pinned'>;
  /** Protocol-level named statements: `kept`, `lost`, `pinned`, or `depends` on a setting of the pooler. */
  readonly statements: Fact<'kept' | 'lost' | 'pinned' | 'depends'>;
  /** Startup parameters that a login may carry besides user and database (lower case), or `any`. */
  readonly startup: Fact<readonly string[] | 'any'>;
  /** Settings that may stand in the startup parameter `options` as `-c name=value`, or `any`. */
  readonly startupOptions: Fact<readonly string[] | 'any'>;
  /** What an error looks like that the pooler raises itself. */
  readonly errors: Fact<string>;
}

/** The `name` of a row of {@link poolers}. */
export type PoolerName =
  | 'direct'
  | 'session'
  | 'pgbouncer'
  | 'pgbouncer-1.18'
  | 'pgbouncer-1.21'
  | 'pgbouncer-1.24'
  | 'pgbouncer-1.26'
  | 'supavisor'
  | 'neon'
  | 'rds-proxy'
  | 'hyperdrive'
  | 'odyssey'
  | 'pgcat'
  | 'pgdog'
  | 'unknown';

const ran = <T>(value: T, verified: string, source = 'conformance run'): Fact<T> => ({
  value,
  source,
  verified,
});
const read = <T>(value: T, source: string): Fact<T> => ({ value, source, verified: false });

const tracked118 = [
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
  'application_name',
];
const tracked120 = [...tracked118, 'intervalstyle'];
const tracked124 = [...tracked120, 'options', 'replication'];
const text08P01 = 'SQLSTATE 08P01 for almost everything: only the text tells them apart';
const manual = 'PgBouncer documentation and changelog';
const issues = 'documentation and public issue threads of the project';

const pgbouncer118: Pooler = {
  name: 'pgbouncer-1.18',
  title: 'PgBouncer before 1.21, transaction mode',
  session: ran('lost', '1.18.0'),
  statements: ran('lost', '1.18.0'),
  startup: ran(tracked118, '1.18.0'),
  startupOptions: ran([], '1.18.0'),
  errors: ran(text08P01, '1.18.0'),
};

const pgbouncer124: Pooler = {
  name: 'pgbouncer-1.24',
  title: 'PgBouncer 1.24 and 1.25, transaction mode',
  session: ran('lost', '1.24.1'),
  statements: ran(
    'depends',
    '1.24.1',
    'max_prepared_statements, 200 by default from 1.24; conformance run with 0 and 200',
  ),
  startup: ran(tracked124, '1.24.1'),
  startupOptions: ran(tracked120, '1.24.1'),
  errors: ran(text08P01, '1.24.1'),
};

/** The pooler is not known, so nothing is taken for granted: what any of them loses counts as lost. */
const unknown: Pooler = {
  ...pgbouncer118,
  name: 'unknown',
  title: 'an unrecognised server or pooler',
  session: read('lost', 'the strictest of the known poolers'),
  statements: read('lost', 'the strictest of the known poolers'),
  startup: read(tracked118, 'the strictest of the known poolers'),
  startupOptions: read([], 'the strictest of the known poolers'),
  errors: read('unknown', 'nothing is known'),
};

const sessionKept: Pick<Pooler, 'session' | 'statements'> = {
  session: read('kept', 'PostgreSQL documentation'),
  statements: read('kept', 'PostgreSQL documentation'),
};

/**
 * What each pooler keeps and refuses, one row per product and range of versions that behave alike.
 *
 * ```ts
 * poolers['pgbouncer-1.18'].statements // { value: 'lost', source: 'conformance run', verified: '1.18.0' }
 * ```
 */
export const poolers: { readonly [Name in PoolerName]: Pooler } = {
  direct: {
    ...sessionKept,
    name: 'direct',
    title: 'PostgreSQL without a pooler',
    startup: read('any', 'PostgreSQL documentation'),
    startupOptions: read('any', 'PostgreSQL documentation'),
    errors: read('none', 'there is no pooler'),
  },
  session: {
    ...sessionKept,
    name: 'session',
    title: 'a pooler in session mode',
    startup: read(tracked118, manual),
    startupOptions: read([], manual),
    errors: read('depends on the product', manual),
  },
  pgbouncer: {
    ...pgbouncer118,
    name: 'pgbouncer',
    title: 'PgBouncer of unknown version, transaction mode',
    statements: read('depends', `${manual}: never before 1.21, then max_prepared_statements`),
  },
  'pgbouncer-1.18': pgbouncer118,
  'pgbouncer-1.21': {
    ...pgbouncer118,
    name: 'pgbouncer-1.21',
    title: 'PgBouncer 1.21 to 1.23, transaction mode',
    session: read('lost', manual),
    statements: read('depends', `${manual}: max_prepared_statements, 0 by default`),
    startup: read([...tracked120, 'options'], manual),
    startupOptions: read(tracked120, manual),
    errors: read(text08P01, manual),
  },
  'pgbouncer-1.24': pgbouncer124,
  'pgbouncer-1.26': {
    ...pgbouncer124,
    name: 'pgbouncer-1.26',
    title: 'PgBouncer 1.26, transaction mode',
    session: ran('lost', '1.26.1'),
    statements: ran('depends', '1.26.1', 'max_prepared_statements, 200 by default; conformance run with 200'),
    startup: ran([...tracked124, 'search_path'], '1.26.1'),
    startupOptions: ran([...tracked120, 'search_path'], '1.26.1'),
    errors: ran(text08P01, '1.26.1'),
  },
  supavisor: {
    ...unknown,
    name: 'supavisor',
    title: 'Supavisor (Supabase), transaction mode',
    session: read('lost', issues),
    statements: read('lost', `${issues}: off unless a feature flag is set`),
    errors: read('SQLSTATE XX000 and a code such as (ECHECKOUTTIMEOUT)', issues),
  },
  neon: {
    ...pgbouncer124,
    name: 'neon',
    title: 'Neon pooled connection',
    session: read('lost', issues),
    statements: read('kept', `${issues}: a PgBouncer that tracks statements`),
    startup: read(tracked124, issues),
    startupOptions: read(
      [...tracked120, 'endpoint', 'project'],
      `${issues}; endpoint, once project, is for clients without SNI`,
    ),
    errors: read(text08P01, issues),
  },
  'rds-proxy': {
    ...unknown,
    name: 'rds-proxy',
    title: 'Amazon RDS Proxy',
    session: read('pinned', 'RDS Proxy documentation, "pinning"'),
    statements: read('pinned', 'RDS Proxy documentation, "pinning"'),
    errors: read('none visible', issues),
  },
  hyperdrive: {
    ...unknown,
    name: 'hyperdrive',
    title: 'Cloudflare Hyperdrive',
    session: read('lost', 'Hyperdrive documentation'),
    statements: read('kept', 'Hyperdrive documentation: for postgres.js and pg'),
    errors: read('not examined', issues),
  },
  odyssey: {
    ...unknown,
    name: 'odyssey',
    title: 'Odyssey, transaction mode',
    session: ran('lost', '1.5.2', 'run with and without pool_reserve_prepared_statement'),
    statements: ran(
      'depends',
      '1.5.2',
      'pool_reserve_prepared_statement, yes by default; run with both. With it, statements without a name are shared too',
    ),
    errors: read('the message starts with "odyssey: "', issues),
  },
  pgcat: {
    ...unknown,
    name: 'pgcat',
    title: 'PgCat, transaction mode',
    session: read('lost', issues),
    statements: read('depends', `${issues}: prepared_statements_cache_size`),
    errors: read('SQLSTATE 58000', issues),
  },
  pgdog: {
    ...unknown,
    name: 'pgdog',
    title: 'PgDog, transaction mode',
    session: read('lost', `${issues}: it follows SET, and nothing else of a session`),
    statements: read('kept', `${issues}: prepared_statements = extended by default`),
    errors: read('SQLSTATE 58000 or 57P05', issues),
  },
  unknown,
};

/** Whether `value` is the `name` of a row of {@link poolers}. */
export function isPoolerName(value: unknown): value is PoolerName {
  return typeof value === 'string' && Object.hasOwn(poolers, value);
}
