import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
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
  /** Settings of PgBouncer for TLS to the server, and the files that they name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
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
  const query = URL.canParse(url) ? new URL(url).searchParams : new URLSearchParams();
  // Before the files that the query names are opened.
  const tls = tlsTo(query);
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
  const override = OVERRIDES.find((name) => query.has(name));
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
      password: decodeURIComponent(new URL(url).password),
    },
    database: target.database ?? target.user,
    ...tls,
    search: searchOf(query),
  };
}

/**
 * Finds out at once what PgBouncer would keep its clients waiting for: that nobody listens there.
 *
 * @throws {Error} with host and port.
 */
export async function assertReachable({ host, port }: Upstream['address']): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(10_000) });
  } catch (cause) {
    const why =
      cause instanceof Error && cause.name !== 'AbortError'
        ? cause.message || String((cause as NodeJS.ErrnoException).code)
        : 'no answer in 10 s';
    throw new Error(`PostgreSQL cannot be reached at ${host}:${port}: ${why}`, { cause });
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
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

function tlsTo(query: URLSearchParams): Pick<Upstream, 'settings' | 'files'> {
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
  if (!mode.startsWith('verify')) return { settings: { server_tls_sslmode: mode }, files: {} };
  if (authority === null || authority === 'system') {
    throw configError(
      `--from has sslmode=${mode} and no file of certificates to verify with.`,
      'sslrootcert=FILE, or sslmode=require',
    );
  }
  // PgBouncer gets a copy: where this process is root's, it runs as a user that may not read the file.
  return {
    settings: { server_tls_sslmode: mode, server_tls_ca_file: 'ca.pem' },
    files: { 'ca.pem': certificates(authority) },
  };
}

function certificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw configError('--from has an `sslrootcert` that cannot be read.', 'the path of a file', cause);
  }
}

function searchOf(query: URLSearchParams): string {
  const kept = new URLSearchParams([...query].filter(([name]) => !OF_THE_SERVER.test(name)));
  return kept.size === 0 ? '' : `?${kept}`;
}
