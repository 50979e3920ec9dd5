import { resolve } from 'node:path';
import { configError, parseTarget, poolers, recognise } from '@poolsafe/core';

/** A database that somebody else runs, as PgBouncer is told about it. */
export interface Upstream {
  readonly address: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
  readonly database: string;
  /** Settings of PgBouncer for TLS to the server. */
  readonly settings: Readonly<Record<string, string>>;
  /** What the URL through PgBouncer carries, too: `?schema=…`. Starts with a question mark, or is empty. */
  readonly search: string;
}

/** What a URL may say in its query of where and as whom it connects. */
const OVERRIDES = ['host', 'hostaddr', 'port', 'user', 'password', 'dbname', 'database', 'service'];
/** What concerns the connection to the server, and not the one to the local PgBouncer. */
const OF_THE_SERVER = /^ssl|^channel_binding$|^gssencmode$|^target_session_attrs$|^uselibpqcompat$/;

/**
 * Reads the URL of a database that PgBouncer is to be put in front of.
 *
 * @throws ConfigError when PgBouncer could not do that. Never has the URL.
 */
export function upstreamOf(url: string): Upstream {
  const target = parseTarget(url);
  const pooler = poolers[recognise(target)];
  if (pooler.name !== 'direct' && pooler.name !== 'unknown') {
    throw configError(
      `--from is the URL of a pooler already (${pooler.title}).`,
      'the URL of PostgreSQL itself, often DIRECT_URL',
    );
  }
  if (target.host.startsWith('/')) {
    throw configError('--from names a unix socket.', 'host and port, such as localhost:5432');
  }
  const parsed = new URL(url);
  const override = OVERRIDES.find((name) => parsed.searchParams.has(name));
  if (override !== undefined) {
    throw configError(`--from has \`${override}\` in its query.`, 'put it before the question mark');
  }
  if (target.user === undefined) {
    throw configError('--from names no user.', 'postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  return {
    address: {
      host: target.host.replace(/^\[|\]$/g, ''),
      port: target.port,
      user: target.user,
      password: decodeURIComponent(parsed.password),
    },
    database: target.database ?? target.user,
    settings: tlsSettings(parsed.searchParams),
    search: searchOf(parsed.searchParams),
  };
}

const MODES: Readonly<Record<string, string>> = {
  disable: 'disable',
  allow: 'allow',
  prefer: 'prefer',
  require: 'require',
  'no-verify': 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
};

function tlsSettings(query: URLSearchParams): Record<string, string> {
  const own = ['sslcert', 'sslkey', 'sslpassword'].find((name) => query.has(name));
  if (own !== undefined) {
    throw configError(
      `--from has \`${own}\`: logging in with a certificate is not supported here.`,
      'a user with a password',
    );
  }
  const wanted = query.get('sslmode') ?? (query.get('ssl') === 'true' ? 'require' : 'prefer');
  const mode = MODES[wanted];
  if (mode === undefined) {
    throw configError('--from has an unknown `sslmode`.', Object.keys(MODES).join(', '));
  }
  const authority = query.get('sslrootcert');
  if (!mode.startsWith('verify')) return { server_tls_sslmode: mode };
  if (authority === null || authority === 'system') {
    throw configError(
      `--from has sslmode=${mode} and no file of certificates to verify with.`,
      'sslrootcert=FILE, or sslmode=require',
    );
  }
  return { server_tls_sslmode: mode, server_tls_ca_file: resolve(authority) };
}

function searchOf(query: URLSearchParams): string {
  const kept = new URLSearchParams([...query].filter(([name]) => !OF_THE_SERVER.test(name)));
  return kept.size === 0 ? '' : `?${kept}`;
}
