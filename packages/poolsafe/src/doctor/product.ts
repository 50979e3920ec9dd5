import { type PoolerName, poolers } from '@poolsafe/core';
import type { ConsoleFacts } from './console.ts';
import type { Mode } from './pooling.ts';
import type { StartupFact } from './startup-logins.ts';

/** Who is on the other side, as far as it can be known. */
export interface Product {
  readonly name: string;
  /** Exact, or a range in words; left out where nothing says. */
  readonly version?: string;
  /** The row of core that says what it keeps: what `poolsafe: { pooler }` takes. */
  readonly pooler: PoolerName;
  /** What it was told by. */
  readonly evidence: string;
}

/** What the product can be told by. */
export interface Traces {
  readonly mode: Mode;
  readonly recognised: PoolerName;
  readonly parameters: Readonly<Record<string, string>>;
  /** The name that the statement of the probe had on the server. */
  readonly statement: string | null | undefined;
  readonly startup: readonly StartupFact[] | undefined;
  readonly console: ConsoleFacts | string | undefined;
}

/** Tells the product by what it says of itself, else by how it behaves, else by the host name. */
export function productOf(traces: Traces): Product {
  if (traces.mode === 'direct') {
    return {
      name: 'PostgreSQL',
      pooler: 'direct',
      evidence: 'the process of the login is the one that answers',
    };
  }
  const product = saidByItself(traces) ?? shownByBehaviour(traces) ?? byHost(traces.recognised);
  return traces.mode === 'session' ? { ...product, pooler: 'session' } : product;
}

/** Hosts of providers whose poolers are known; a port number says less. */
const ofProviders: readonly PoolerName[] = ['supavisor', 'neon', 'rds-proxy', 'hyperdrive'];

/** That nothing was shared is no proof: what the pooler says of itself, or whose host it is, counts for more. */
export function modeOf(
  seen: Mode,
  { recognised, parameters, console }: Pick<Traces, 'recognised' | 'parameters' | 'console'>,
): Mode {
  if (seen === 'transaction' || seen === 'statement') return seen;
  const settings = typeof console === 'object' ? console.settings : {};
  const said = parameters['pgbouncer.pool_mode'] ?? settings.pool_mode;
  if (said === 'transaction' || said === 'statement') return said;
  return ofProviders.includes(recognised) ? 'transaction' : seen;
}

function saidByItself({ parameters, console }: Traces): Product | undefined {
  const version = parameters['pgbouncer.version'];
  if (version !== undefined) {
    return pgbouncer(version, pgbouncerRow(version), `login: pgbouncer.version = ${version}`);
  }
  if (typeof console !== 'object') return undefined;
  const [, name = '', number] =
    /(pgbouncer|odyssey|pgcat|pgdog|supavisor)\D*(\d+(?:\.\d+)*)?/i.exec(console.version) ?? [];
  const evidence = `console: SHOW VERSION said ${console.version}`;
  if (name.toLowerCase() === 'pgbouncer' && number) return pgbouncer(number, pgbouncerRow(number), evidence);
  const pooler = name.toLowerCase() as PoolerName;
  if (!Object.hasOwn(poolers, pooler)) return undefined;
  return { name: titles[pooler] ?? name, ...(number && { version: number }), pooler, evidence };
}

const titles: Partial<Record<PoolerName, string>> = {
  odyssey: 'Odyssey',
  pgcat: 'PgCat',
  pgdog: 'PgDog',
  supavisor: 'Supavisor',
  neon: 'Neon pooler (PgBouncer)',
  'rds-proxy': 'Amazon RDS Proxy',
  hyperdrive: 'Cloudflare Hyperdrive',
};

function pgbouncer(version: string, pooler: PoolerName, evidence: string): Product {
  return { name: 'PgBouncer', version, pooler, evidence };
}

/** The rows of core by the first version that they hold for. */
function pgbouncerRow(version: string): PoolerName {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const number = major * 100 + minor;
  if (number >= 126) return 'pgbouncer-1.26';
  if (number >= 124) return 'pgbouncer-1.24';
  return number >= 121 ? 'pgbouncer-1.21' : 'pgbouncer-1.18';
}

/** The startup parameters that PgBouncer follows have become more; it alone says no in these words. */
function shownByBehaviour({ statement, startup = [], recognised }: Traces): Product | undefined {
  if (statement?.startsWith('odyssey_')) {
    return {
      name: 'Odyssey',
      pooler: 'odyssey',
      evidence: `the statement of a probe was renamed ${statement}`,
    };
  }
  const refusals = startup.flatMap(({ error }) => error ?? []);
  const words = refusals.find((error) => error.startsWith('unsupported startup parameter'));
  const isRenamed = statement?.startsWith('PGBOUNCER_') === true;
  if (words === undefined && !isRenamed) return undefined;
  // Neon's is a PgBouncer, too, and has a row of its own.
  if (recognised === 'neon') return byHost(recognised);
  const evidence = [
    ...(words === undefined ? [] : [`a login was refused with "${words}"`]),
    ...(isRenamed ? [`the statement of a probe was renamed ${statement}`] : []),
  ].join('; ');
  const takes = (parameter: string) => startup.some((fact) => fact.parameter === parameter && fact.taken);
  if (takes('options=-c search_path')) return pgbouncer('1.26 or later', 'pgbouncer-1.26', evidence);
  if (isRenamed) return pgbouncer('1.21 to 1.25', 'pgbouncer-1.21', evidence);
  if (takes('options=-c TimeZone')) return pgbouncer('1.20 to 1.25', 'pgbouncer-1.21', evidence);
  if (startup.length > 0) return pgbouncer('before 1.20', 'pgbouncer-1.18', evidence);
  return pgbouncer('of unknown version', 'pgbouncer', evidence);
}

function byHost(pooler: PoolerName): Product {
  if (pooler === 'unknown' || pooler === 'direct' || pooler === 'session') {
    return { name: 'a pooler', pooler: 'unknown', evidence: 'nothing says which' };
  }
  const name = titles[pooler] ?? 'PgBouncer';
  return { name, pooler, evidence: 'the host name and port' };
}
