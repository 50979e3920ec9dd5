import { configError, currentSettings, outOfScope, type PoolsafeOptions } from '@poolsafe/core';
import { Client, Pool, type PoolConfig } from '@poolsafe/pg';
import { PrismaPg as Original } from '@prisma/adapter-pg';
import type { Adapter } from './adapter.ts';
import { withSettingsChecked } from './settings-check.ts';
import { assertUtc, inUtc, isInUtc } from './time-zone.ts';
import { withOrderlyTransactions } from './transaction.ts';
import { urlSettings } from './url-settings.ts';

type AdapterOptions = NonNullable<ConstructorParameters<typeof Original>[1]>;

/** The options of the adapter, and {@link PoolsafeOptions} under the key `poolsafe`. */
export type PrismaPgOptions = AdapterOptions & { poolsafe?: PoolsafeOptions | undefined };

/**
 * Drop-in for `PrismaPg` of [@prisma/adapter-pg](https://www.prisma.io/docs/orm/overview/databases/postgresql)
 * over a guarded pool of `@poolsafe/pg`: safe behind a transaction-mode pooler, `statementNameGenerator`
 * included. Sessions are in UTC, which the adapter takes for granted. In the connection URL, `schema`,
 * `connection_limit`, `pool_timeout` and the like count as for Prisma's own engine.
 *
 * ```ts
 * import { PrismaPg } from '@poolsafe/prisma'
 *
 * const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL })
 * const prisma = new PrismaClient({ adapter })
 * ```
 *
 * @throws ConfigError for a pool that is not one of `@poolsafe/pg`, and whatever its Pool throws; from `connect`
 * for a pool of your own whose sessions are not in UTC
 */
export class PrismaPg extends Original {
  readonly #pool: Pool | undefined;
  readonly #config: PoolConfig;
  readonly #options: AdapterOptions;

  constructor(poolOrConfig: Pool | PoolConfig | string, { poolsafe, ...options }: PrismaPgOptions = {}) {
    const pool = guardedPool(poolOrConfig, poolsafe);
    const given = typeof poolOrConfig === 'string' ? { connectionString: poolOrConfig } : poolOrConfig;
    const { config, schema } = readConfig((pool?.options ?? given) as PoolConfig, poolsafe);
    super(config, options);
    this.#pool = pool;
    this.#config = config;
    this.#options = withNamesOutsideOfSettings({
      ...options,
      ...(schema && { schema: options.schema ?? schema }),
    });
    // Says at once what is wrong with the config. A pool connects when it is used, and this one is not.
    if (pool === undefined) new Pool(config);
  }

  override async connect(): Promise<Adapter> {
    const { disposeExternalPool = false } = this.#options;
    // As the original, which makes another pool of the same options when it has ended the one it was given.
    const given = disposeExternalPool && this.#pool?.ending ? undefined : this.#pool;
    if (given !== undefined && !isInUtc(given)) {
      // For everybody who waits for this connection, and not with the settings of the one whose query is the first.
      await outOfScope(async () => assertUtc(await adapterOver(given, {})));
    }
    const own = { ...this.#options, disposeExternalPool: disposeExternalPool || given === undefined };
    const adapter = await adapterOver(given ?? new Pool(this.#config), own);
    return withOrderlyTransactions(withSettingsChecked(adapter));
  }
}

/** No statement has the application's name with settings in force: those go in front of it, or of its BEGIN. */
function withNamesOutsideOfSettings(options: AdapterOptions): AdapterOptions {
  const nameOf = options.statementNameGenerator;
  if (nameOf === undefined) return options;
  return {
    ...options,
    statementNameGenerator: (query) => (currentSettings() === undefined ? nameOf(query) : ''),
  };
}

async function adapterOver(pool: Pool, options: AdapterOptions): Promise<Adapter> {
  const factory = new Original(pool, options);
  // A private field: the original knows a pool by `instanceof`, which is false where it has a pg of its own.
  Object.assign(factory, { externalPool: pool });
  const adapter = await factory.connect();
  if (adapter.underlyingDriver() === pool) return adapter;
  throw configError(
    'This version of @prisma/adapter-pg does not take the guarded pool.',
    'use a version of @prisma/adapter-pg that @poolsafe/prisma names as its peer',
  );
}

function readConfig(given: PoolConfig, poolsafe: PoolsafeOptions | undefined) {
  const { schema, options } = urlSettings(given);
  const own: PoolConfig = { ...options, Client: inUtc((given.Client ?? Client) as typeof Client) };
  if (poolsafe !== undefined) own.poolsafe = poolsafe;
  // Descriptors, since pg hides the password of a config that it has used before.
  const properties = { ...Object.getOwnPropertyDescriptors(given), ...Object.getOwnPropertyDescriptors(own) };
  return { schema, config: Object.defineProperties({}, properties) as PoolConfig };
}

function guardedPool(given: unknown, poolsafe: PoolsafeOptions | undefined): Pool | undefined {
  if (typeof given === 'string') return undefined;
  if (typeof given !== 'object' || given === null) {
    throw configError(
      `PrismaPg was given ${given === undefined ? 'nothing' : 'something else'} where a URL, a config or a pool goes.`,
      'check that the environment variable with the URL is set',
    );
  }
  if (!('query' in given)) return undefined;
  if (!('totalCount' in given) || (given as Partial<Pool>).poolsafe === undefined) {
    throw configError(
      'PrismaPg was given a pool or client that poolsafe does not guard.',
      "make a pool with `new Pool()` of '@poolsafe/pg', or give PrismaPg the URL",
    );
  }
  if (poolsafe !== undefined) {
    throw configError(
      'PrismaPg was given both a pool and `poolsafe`, which only counts when the pool is made.',
      'give `poolsafe` to the Pool',
    );
  }
  return given as Pool;
}
