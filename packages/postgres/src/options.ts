import {
  configError,
  type Plan,
  type PoolsafeOptions,
  parseTarget,
  planFor,
  recognise,
  type Target,
  withoutClientKeys,
} from '@poolsafe/core';
import type { Driver, MakeDriver, Options } from './driver.ts';

type Given = Record<string, unknown> & { poolsafe?: PoolsafeOptions | undefined };

/** What the arguments of `postgres()` come to. */
export interface Parsed {
  /** A client of postgres.js that parsed them. Its own connections are never used. */
  readonly base: Driver;
  readonly plan: Plan;
  /** Whether statements may be prepared: the application has not said `prepare: false`. */
  readonly prepares: boolean;
  /** The client of postgres.js for the URL under `poolsafe.direct`, where there is one. */
  readonly direct: DirectLane | undefined;
}

/** A client that is made when it is first needed. */
interface DirectLane {
  readonly open: () => Driver;
  /** The client, once it is made. */
  readonly opened: () => readonly Driver[];
}

/** Options that say where to connect, which the URL of the direct lane says instead. */
const addressKeys = 'host hostname port path database db user username pass password'.split(' ');

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
  const base = parsed(make, url, withLimit);
  const plan = planFor(targetOf(base.options), poolsafe);
  // What the pooler would refuse at the login, each statement and transaction sets instead.
  const sent = sentOf(base.options);
  const accepted = plan.startup(sent);
  if (accepted !== sent) Object.assign(base.options, { connection: accepted });
  const prepares = Boolean(base.options.prepare);
  // Sessions that the driver opens by itself, and what the application reads of its options.
  if (!plan.keepsNames) Object.assign(base.options, { prepare: false });
  return { base, plan, prepares, direct: directOf(make, poolsafe?.direct, given) };
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

function directOf(make: MakeDriver, direct: string | undefined, given: Given): DirectLane | undefined {
  if (direct === undefined) return undefined;
  const rest = Object.entries(given).filter(([key]) => !addressKeys.includes(key));
  const options = { ...Object.fromEntries(rest), max: 1 };
  let driver: Driver | undefined;
  return {
    open() {
      driver ??= make(withoutClientKeys(direct).url, options);
      return driver;
    },
    opened: () => (driver === undefined ? [] : [driver]),
  };
}
