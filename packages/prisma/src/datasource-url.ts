import {
  configError,
  type Plan,
  type PoolsafeOptions,
  parseTarget,
  planFor,
  startupError,
} from '@poolsafe/core';
import { queryOf, withQuery } from './url-query.ts';

/** The options of {@link datasourceUrl}. */
export interface DatasourceUrlOptions {
  poolsafe?: PoolsafeOptions | undefined;
  /** The version of `prisma`, for example `5.22.0`. Default: the last with an engine of its own. */
  engineVersion?: string | undefined;
  /** Connections of the engine's pool; `null` for its default. Left out: as the URL says. */
  connectionLimit?: number | null | undefined;
  /** Seconds to wait for a connection of the engine's pool, 0 for no limit; `null` for its default of 10. */
  poolTimeout?: number | null | undefined;
  /** The schema of the models; `null` for its default, `public`. */
  schema?: string | null | undefined;
}

/**
 * The URL for the Rust engine of Prisma 6 and earlier: with `pgbouncer=true` where the pooler loses named
 * statements and without it everywhere else, and without a `schema` that would fail the login. Every other byte
 * stays as it is. Pure: nothing connects.
 *
 * ```ts
 * import { datasourceUrl } from '@poolsafe/prisma'
 *
 * const url = datasourceUrl(process.env.DATABASE_URL, { poolsafe: { pooler: 'pgbouncer' } })
 * const prisma = new PrismaClient({ datasourceUrl: url })
 * ```
 *
 * @throws ConfigError when URL or options cannot be used, and for Prisma 7, which has no such engine
 */
export function datasourceUrl(url: string | undefined, options: DatasourceUrlOptions = {}): string {
  if (typeof url !== 'string') {
    throw configError(
      'datasourceUrl() was given no URL.',
      'check that the environment variable with the URL is set',
    );
  }
  const sendsSearchPath = searchPathAtLogin(options.engineVersion);
  const plan = planOf(url, options.poolsafe);
  const changes: Record<string, string | undefined> = {
    ...changeOf('connection_limit', wholeNumber('connectionLimit', options.connectionLimit)),
    ...changeOf('pool_timeout', wholeNumber('poolTimeout', options.poolTimeout)),
    ...changeOf('schema', options.schema),
  };
  const loses = losesStatements(plan, options.poolsafe);
  const refuses = !accepts(plan, 'search_path');
  const schema = 'schema' in changes ? changes.schema : queryOf(url).get('schema');
  // The default anyway; said aloud it becomes a startup parameter, or a SET that stays on the server connection.
  if (schema === 'public' && (loses || refuses)) changes.schema = undefined;
  const loginFails = sendsSearchPath && refuses && schema != null && schema !== 'public';
  const flag = loses || (loginFails && plan.pooler.statements.value !== 'pinned');
  return withQuery(url, { ...changes, pgbouncer: flag ? 'true' : undefined });
}

function planOf(url: string, poolsafe: PoolsafeOptions | undefined): Plan {
  const target = parseTarget(url);
  const { options, application_name } = target.parameters;
  // What this engine sends of a URL's parameters; the others are for itself.
  const parameters = { ...(options && { options }), ...(application_name && { application_name }) };
  const plan = planFor({ ...target, parameters }, poolsafe);
  // The engine has no place for a setting but the login.
  const settings = [...(plan.settings?.values.keys() ?? [])].map((name) => `options: ${name}`);
  if (settings.length > 0) throw startupError(plan.pooler, settings);
  return plan;
}

/** RDS Proxy and the like keep statements at the price of the connection; the flag's DEALLOCATE costs it as well. */
function losesStatements({ pooler, keepsNames }: Plan, poolsafe: PoolsafeOptions | undefined): boolean {
  if (pooler.statements.value === 'pinned') return false;
  return poolsafe?.statements === 'never' || (!keepsNames && pooler.statements.value !== 'kept');
}

function accepts({ pooler }: Plan, parameter: string): boolean {
  return pooler.startup.value === 'any' || pooler.startup.value.includes(parameter);
}

/**
 * Without `pgbouncer=true`, a `schema` is the startup parameter `search_path` since April 2023 (quaint, pull
 * request 441). 4.13 was the release of that month.
 */
function searchPathAtLogin(version: string | undefined): boolean {
  const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(version ?? '6') ?? [];
  if (major === undefined) throw configError('`engineVersion` is not a version.', "engineVersion: '6.19.0'");
  if (Number(major) >= 7) {
    throw configError(
      `Prisma ${major} has no engine that reads this URL.`,
      "new PrismaClient({ adapter: new PrismaPg(url) }) with PrismaPg of '@poolsafe/prisma'",
    );
  }
  return Number(major) > 4 || (major === '4' && Number(minor ?? 0) >= 13);
}

function changeOf(
  parameter: string,
  value: number | string | null | undefined,
): Record<string, string | undefined> {
  return value === undefined ? {} : { [parameter]: value === null ? undefined : String(value) };
}

function wholeNumber(option: string, value: number | null | undefined): number | null | undefined {
  if (value == null || (Number.isInteger(value) && value >= 0)) return value;
  throw configError(`\`${option}\` is not a whole number.`, `${option}: 10`);
}
