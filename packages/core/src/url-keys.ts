/** Keys of connection URLs that are meant for a client, and what they mean there. No server knows them. */
const clientKeys: Readonly<Record<string, string>> = {
  pgbouncer: 'Prisma: no named statements',
  connection_limit: 'Prisma: connections of the pool',
  pool_timeout: 'Prisma: seconds to wait for a connection of the pool',
  socket_timeout: 'Prisma: seconds to wait for a query',
  schema: 'Prisma: schema of the models',
  statement_cache_size: 'Prisma: prepared statements to keep',
  sslaccept: 'Prisma: whether to verify the certificate',
  sslidentity: 'Prisma: certificate of the client',
  sslpassword: 'Prisma, libpq: password of the key of the client',
  single_use_connections: 'Prisma: no pool',
  supa: 'Vercel: which URL of Supabase this is',
  workaround: 'Vercel: a mark for Supabase',
  channel_binding: 'libpq: whether to bind the login to TLS',
  gssencmode: 'libpq: GSSAPI encryption',
  passfile: 'libpq: file with the password',
  requirepeer: 'libpq: user that runs the server',
  load_balance_hosts: 'libpq: order of the hosts',
  hostaddr: 'libpq: address of the host',
  uselibpqcompat: 'pg: read sslmode as libpq does',
  sslcompression: 'libpq: compression of TLS',
  keepalives: 'libpq: TCP keep-alive',
  keepalives_idle: 'libpq: TCP keep-alive',
  keepalives_interval: 'libpq: TCP keep-alive',
  keepalives_count: 'libpq: TCP keep-alive',
};

/** Whether a key of a connection URL is meant for a client alone. */
export function isClientKey(name: string): boolean {
  return Object.hasOwn(clientKeys, name);
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
