import { configError } from '@poolsafe/core';
import type { PoolConfig } from '@poolsafe/pg';
import { queryOf, withQuery } from './url-query.ts';

/**
 * Parameters that Prisma's own engine reads in a URL, the option of pg that means the same, and its unit. pg has
 * one time limit for waiting in the pool and for connecting: the later row counts.
 */
const limits: readonly [parameter: string, option: keyof PoolConfig, unit: number][] = [
  ['connection_limit', 'max', 1],
  ['connect_timeout', 'connectionTimeoutMillis', 1000],
  ['pool_timeout', 'connectionTimeoutMillis', 1000],
  ['socket_timeout', 'query_timeout', 1000],
  ['max_idle_connection_lifetime', 'idleTimeoutMillis', 1000],
  ['max_connection_lifetime', 'maxLifetimeSeconds', 1],
];

/** Those that ask for what pg has not. What `pgbouncer` asks for is done anyway. */
const meaningless: readonly string[] = ['statement_cache_size', 'sslidentity', 'sslpassword'];

/** The `sslmode` of pg for each `sslaccept`. */
const sslModes: Readonly<Record<string, string>> = {
  strict: 'verify-full',
  accept_invalid_certs: 'no-verify',
};

/** What a connection URL for Prisma says that pg would ignore. */
export interface UrlSettings {
  /** The adapter's option of this name. */
  readonly schema?: string | undefined;
  /** Options of the pool, as far as `config` itself does not say otherwise. */
  readonly options: PoolConfig;
}

/**
 * Reads the connection URL of a config as Prisma's own engine does. Warns once of parameters that mean nothing to
 * pg.
 *
 * @throws ConfigError for a limit that is not a whole number
 */
export function urlSettings(config: PoolConfig): UrlSettings {
  const url = config.connectionString;
  if (typeof url !== 'string') return { options: {} };
  const query = queryOf(url);
  warnOf(meaningless.filter((name) => query.has(name) && query.get(name) !== '0'));
  const given = limits.flatMap(([name, option, unit]) => {
    const value = query.get(name);
    const counts = value !== null && config[option] === undefined;
    return counts ? [[option, wholeNumber(name, value) * unit] as const] : [];
  });
  const connectionString = withSslMode(url, query);
  return {
    schema: query.get('schema') || undefined,
    options: { ...Object.fromEntries(given), connectionString },
  };
}

function withSslMode(url: string, query: URLSearchParams): string {
  const sslmode = sslModes[query.get('sslaccept') ?? ''];
  const encrypted = (query.get('sslmode') ?? 'disable') !== 'disable';
  return encrypted && sslmode !== undefined ? withQuery(url, { sslmode, sslaccept: undefined }) : url;
}

function wholeNumber(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw configError(`\`${name}\` in the connection URL is not a whole number.`, `${name}=10`);
}

const warned = new Set<string>();

function warnOf(names: readonly string[]): void {
  const added = names.filter((name) => !warned.has(name));
  if (added.length === 0) return;
  for (const name of added) warned.add(name);
  process.emitWarning(
    `The connection URL has parameters that mean nothing to pg and are left out: ${added.join(', ')}.`,
    { type: 'PoolsafeWarning', code: 'POOLSAFE_URL_PARAMETER' },
  );
}
