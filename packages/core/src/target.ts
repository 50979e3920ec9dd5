import { parse } from 'pg-connection-string';
import { type ConfigError, configError } from './errors.ts';

/** Where a connection goes and what its login carries. Never holds a password. */
export interface Target {
  /** Host name, address, or the directory of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  /** Startup parameters besides user and database, as the driver will send them, and unknown keys of the URL. */
  readonly parameters: Readonly<Record<string, string>>;
}

const schemes = ['postgres:', 'postgresql:', 'pg:', 'tcp:', 'socket:'];
const secret = /pass|pwd|secret|token|^ssl|^uselibpqcompat$/i;

/** What is left of a URL whose password holds an unencoded `/`, `?` or `#`: the `@` comes after the host and port. */
const cutPassword = /^\w+:\/\/[^@/?#]*:[^@/?#]*(?:[/#][^?]*|[/?#][^=]*)@/;

/**
 * Reads a PostgreSQL connection URL, or the path of a unix socket.
 *
 * ```ts
 * parseTarget('postgres://app:s3cret@db.example.com:6432/shop?application_name=web')
 * // { host: 'db.example.com', port: 6432, user: 'app', database: 'shop', parameters: { application_name: 'web' } }
 * ```
 *
 * @throws ConfigError when the text cannot be used. The error never contains the text, since it may hold a
 * password.
 */
export function parseTarget(url: string): Target {
  assertScheme(url);
  // Would be read as another host, with the rest of the password as the name of a database or parameter.
  if (cutPassword.test(url)) throw unparsable();
  const parsed = parseUrl(url);
  const host = parsed.host || 'localhost';
  assertSingleHost(host);
  const port = Number(parsed.port || 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw configError('The port of the connection URL is not a number from 1 to 65535.', 'correct the port');
  }
  return {
    host,
    port,
    user: parsed.user || undefined,
    database: parsed.database || undefined,
    parameters: parametersOf(parsed, url.startsWith('socket:')),
  };
}

/**
 * The options of pg for a connection URL, password included. What the URL leaves out is left out here.
 *
 * @throws ConfigError as {@link parseTarget}
 */
export function urlOptions(url: string): Readonly<Record<string, unknown>> {
  parseTarget(url);
  const entries = Object.entries(parseUrl(url)).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

/** The options of pg that lead to a URL, whatever the others say of the address. */
export function directOptions(url: string): Readonly<Record<string, unknown>> {
  return { connectionString: undefined, host: undefined, port: undefined, ...urlOptions(url) };
}

/**
 * Refuses a list of hosts: the driver would look it up as one name.
 *
 * @throws ConfigError
 */
export function assertSingleHost(host: string): void {
  if (host.includes(',')) {
    throw configError(
      'The connection names several hosts, and pg connects to one.',
      'name one host; behind it, let the pooler or DNS choose the server',
    );
  }
}

function assertScheme(url: string): void {
  if (url.startsWith('/')) return;
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase();
  // Without the slash, `postgres:` is the user of a URL that lacks its scheme.
  if (scheme !== undefined && schemes.includes(scheme) && url[scheme.length] === '/') return;
  const seen =
    scheme !== undefined && url.startsWith('//', scheme.length) ? `starts with ${scheme}//` : 'has no scheme';
  throw configError(
    `The connection URL ${seen}, so it is not a PostgreSQL URL.`,
    'postgres://user:password@host:port/database',
  );
}

function parseUrl(url: string): ReturnType<typeof parse> {
  try {
    return parse(url);
  } catch (error) {
    // Anything else, for example a missing sslrootcert file, is the driver's own error.
    if ((error as { code?: unknown }).code !== 'ERR_INVALID_URL' && !(error instanceof URIError)) throw error;
    throw unusable(url);
  }
}

function unusable(url: string): ConfigError {
  const authority = url.replace(/^[^/]*\/\//, '').replace(/[/?#].*$/s, '');
  // A comma between hosts that have ports is what the URL parser trips over first.
  if (/,[^@]*$/.test(authority)) assertSingleHost(',');
  return unparsable();
}

function unparsable(): ConfigError {
  return configError(
    'The connection URL cannot be parsed.',
    'check host and port, and percent-encode special characters in the password: encodeURIComponent(password)',
  );
}

function parametersOf(parsed: object, isSocket: boolean): Record<string, string> {
  const known = ['host', 'port', 'user', 'database', ...(isSocket ? ['db', 'encoding'] : [])];
  const entries = Object.entries(parsed).filter(
    ([key, value]) => typeof value === 'string' && !known.includes(key) && !secret.test(key),
  );
  return Object.fromEntries(entries);
}
