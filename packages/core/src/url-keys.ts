/** Keys of connection URLs that are meant for a client. No server knows them. */
const clientKeys: ReadonlySet<string> = new Set(
  [
    // Prisma. `sslpassword` is a key of libpq as well.
    'pgbouncer connection_limit pool_timeout socket_timeout schema statement_cache_size single_use_connections',
    'sslaccept sslidentity sslpassword',
    // Vercel: marks for Supabase.
    'supa workaround',
    // libpq.
    'channel_binding gssencmode passfile requirepeer load_balance_hosts hostaddr sslcompression',
    'keepalives keepalives_idle keepalives_interval keepalives_count',
    // pg: whether it reads sslmode as libpq does.
    'uselibpqcompat',
  ].flatMap((names) => names.split(' ')),
);

/** Whether a key of a connection URL is meant for a client alone. */
export function isClientKey(name: string): boolean {
  return clientKeys.has(name);
}

/** A connection URL without the keys that only some client understands, and those keys with their values. */
export interface CleanUrl {
  /** The rest, byte for byte. */
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * Takes the keys out of a connection URL that a driver would send to the server as startup parameters, which
 * fails the login, although they are meant for some client.
 *
 * ```ts
 * withoutClientKeys('postgres://db/shop?pgbouncer=true&application_name=web')
 * // { url: 'postgres://db/shop?application_name=web', keys: { pgbouncer: 'true' } }
 * ```
 */
export function withoutClientKeys(url: string): CleanUrl {
  const start = url.indexOf('?');
  if (start < 0) return { url, keys: {} };
  const [query = '', fragment] = splitAt(url.slice(start + 1), '#');
  const pairs = query.split('&').map((text) => ({ text, key: decoded(splitAt(text, '=')[0]) }));
  const kept = pairs.filter(({ key }) => !isClientKey(key));
  const taken = pairs.filter(({ key }) => isClientKey(key));
  const rest = kept.map(({ text }) => text).join('&');
  return {
    url: `${url.slice(0, start)}${rest && `?${rest}`}${fragment === undefined ? '' : `#${fragment}`}`,
    keys: Object.fromEntries(taken.map(({ text, key }) => [key, decoded(splitAt(text, '=')[1] ?? '')])),
  };
}

function splitAt(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
