import {
  configError,
  type PoolsafeOptions,
  parseTarget,
  planFor,
  recognise,
  type Target,
  withoutClientKeys,
} from '@poolsafe/core';
import type { Driver, MakeDriver, Options } from './driver.ts';
import type { Destination } from './engine.ts';

type Given = Record<string, unknown> & { poolsafe?: PoolsafeOptions | undefined };

/** What the arguments of `postgres()` come to. */
export interface Parsed extends Destination {
  /** Where `poolsafe.direct` leads, where it is given. Made when it is called. */
  readonly direct: (() => Destination) | undefined;
}

/** Options that say where to connect, which the URL of the direct lane says instead. */
const addressKeys = 'host hostname port path database db socket'.split(' ');
const loginKeys = { username: ['user', 'username'], password: ['pass', 'password'] } as const;
/** Of the URL of the direct lane: what makes it say how to use TLS. */
const tlsKeys = ['ssl', 'sslmode', 'sslrootcert'];

const noUrl: { readonly url: undefined; readonly keys: Readonly<Record<string, string>> } = {
  url: undefined,
  keys: {},
};

/** Parses the arguments of `postgres()`, and decides how to treat the connection. */
export function parseArguments(make: MakeDriver, first: unknown, second: unknown): Parsed {
  // As postgres.js tells them apart.
  const isUrl = typeof first === 'string' && first !== '';
  const { poolsafe, ...given } = ((isUrl || !first ? second : first) ?? {}) as Given;
  const { url, keys } = isUrl ? withoutClientKeys(first) : noUrl;
  if (url !== undefined) checkUrl(url);
  const limit = Number(keys.connection_limit);
  const withLimit = limit > 0 && given.max === undefined ? { max: limit, ...given } : given;
  warnOf(keys, given);
  const own = destination(parsed(make, url, withLimit), poolsafe);
  const direct = poolsafe?.direct;
  return {
    ...own,
    direct: direct === undefined ? undefined : () => directOf(make, direct, given, own, poolsafe),
  };
}

function destination(base: Driver, poolsafe: PoolsafeOptions | undefined): Destination {
  const plan = planFor(targetOf(base.options), poolsafe);
  // What the pooler would refuse at the login, each statement and transaction sets instead.
  const sent = sentOf(base.options);
  const accepted = plan.startup(sent);
  if (accepted !== sent) Object.assign(base.options, { connection: accepted });
  const prepares = Boolean(base.options.prepare);
  // Sessions that the driver opens by itself, and what the application reads of its options.
  if (!plan.keepsNames) Object.assign(base.options, { prepare: false });
  return { base, plan, prepares };
}

/** Of which keys a warning has been given: an application may make a client for each of its tests or tenants. */
const warned = new Set<string>();

/** What a URL said that has no meaning for postgres.js, and may be missed. */
function warnOf(keys: Readonly<Record<string, string>>, given: Given): void {
  // Said by what this package does anyway, or by an option.
  const understood = ['pgbouncer', 'connection_limit', 'statement_cache_size', 'supa', 'workaround'];
  const missed = Object.keys(keys).filter((key) => !understood.includes(key) && !(key in given));
  const named = missed.map((key) => `\`${key}\``).join(', ');
  if (missed.length === 0 || warned.has(named)) return;
  warned.add(named);
  process.emitWarning(
    `The connection URL has ${named}, which postgres.js would have sent to the server. It was left out, and has no effect.`,
    { type: 'PoolsafeWarning', code: 'POOLSAFE_URL_KEY' },
  );
}

/** The error of Node for a URL that cannot be parsed has that URL, and its password, as a property. */
function parsed(make: MakeDriver, url: string | undefined, given: Given): Driver {
  try {
    return url === undefined ? make(given) : make(url, given);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== 'ERR_INVALID_URL' && !(error instanceof URIError)) throw error;
    throw configError(
      'The connection URL cannot be parsed.',
      'check host and port, and percent-encode special characters in the password: encodeURIComponent(password)',
    );
  }
}

function checkUrl(url: string): void {
  const authority = url.replace(/^[^/]*\/\//, '').replace(/[/?#].*$/s, '');
  // postgres.js takes several hosts, and what comes after the `?` means to it what it means.
  if (!/,[^@]*$/.test(authority)) parseTarget(url.replace(/\?.*$/s, ''));
}

/** The startup parameters that the driver sends: it leaves out what is empty. */
function sentOf({ connection }: Options): Record<string, string> {
  const sent = Object.entries(connection).filter(([, value]) => value);
  return Object.fromEntries(sent.map(([key, value]) => [key, String(value)]));
}

function targetOf(options: Options): Target {
  const { host, port, path, user, database } = options;
  const parameters = sentOf(options);
  const targets = host.map((name, i): Target => {
    return { host: path || name, port: port[i] ?? 5432, user, database, parameters };
  });
  const [first, ...others] = targets as [Target, ...Target[]];
  const alike = others.every((other) => recognise(other) === recognise(first));
  // Nothing is taken for granted where the hosts differ.
  return alike ? first : { ...first, host: '' };
}

/** The options of the client itself, but for the address. */
function directOf(
  make: MakeDriver,
  direct: string,
  given: Given,
  own: Destination,
  poolsafe: PoolsafeOptions | undefined,
): Destination {
  const { url } = withoutClientKeys(direct);
  const known = urlKeys(url);
  const rest = Object.entries(given).filter(([key]) => !known.includes(key));
  const base = parsed(make, url, Object.fromEntries(rest));
  // What the application has changed in them, as Drizzle does, counts here too.
  const { parsers, serializers } = own.base.options;
  Object.assign(base.options, { parsers, serializers });
  return destination(base, { ...poolsafe, direct: undefined, pooler: 'direct' });
}

/** The options for which the URL of the direct lane has something else. */
function urlKeys(url: string): string[] {
  const { username, password, searchParams } = new URL(url);
  return [
    ...addressKeys,
    ...(username === '' ? [] : loginKeys.username),
    ...(password === '' ? [] : loginKeys.password),
    ...(tlsKeys.some((key) => searchParams.has(key)) ? tlsKeys : []),
  ];
}
