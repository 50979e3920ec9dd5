import { configError, type Plan, type PoolsafeOptions } from '@poolsafe/core';

/** What the entries of this package differ in. */
export interface Driver<TClient> {
  /** `drizzle(client, config)` is the oldest of its signatures, which every supported version has. */
  readonly original: (client: TClient, config: object) => object;
  readonly connect: (connection: unknown, poolsafe: PoolsafeOptions | undefined) => TClient;
  readonly isClient: (client: unknown) => client is TClient;
  /** The client as Drizzle gets it. Default: as it is. */
  readonly handOver?: (client: TClient) => TClient;
  /** How to make a client, for the sentence that asks for one. */
  readonly making: string;
}

/** The argument of `drizzle` that is a config, or stands beside a URL or a client. */
interface Options {
  readonly client?: unknown;
  readonly connection?: unknown;
  readonly poolsafe?: PoolsafeOptions | undefined;
}

/** Whether poolsafe made this: its clients carry their plan. */
export function isGuarded(client: unknown): boolean {
  return (client as { poolsafe?: Plan } | null | undefined)?.poolsafe !== undefined;
}

/**
 * `drizzle()` of a driver in all its forms, over a guarded client.
 *
 * @throws ConfigError for a client that is not guarded, and whatever making one throws
 */
export function guardedDrizzle<TClient>(
  driver: Driver<TClient>,
): (first: unknown, second?: Options) => object {
  const { handOver = (client) => client } = driver;
  return (first, second) => {
    const { client, connection, poolsafe, ...config } = optionsOf(first, second);
    const guarded =
      client === undefined ? driver.connect(connection, poolsafe) : guardedClient(client, poolsafe, driver);
    // An old Drizzle does not tell its client, and nobody could end one that was made from a URL.
    return Object.assign(driver.original(handOver(guarded), config), { $client: guarded });
  };
}

function optionsOf(first: unknown, second: Options | undefined): Options {
  if (typeof first === 'string') return { ...second, connection: first };
  if ((typeof first !== 'object' && typeof first !== 'function') || first === null) {
    throw configError(
      `drizzle() was given ${first === undefined ? 'nothing' : 'something else'} where a URL, a config or a client goes.`,
      'check that the environment variable with the URL is set',
    );
  }
  const isConfig = Object.getPrototypeOf(first) === Object.prototype && !('query' in first);
  return isConfig ? first : { ...second, client: first };
}

function guardedClient<TClient>(
  client: unknown,
  poolsafe: PoolsafeOptions | undefined,
  { isClient, making }: Driver<TClient>,
): TClient {
  if (!isClient(client) || !isGuarded(client)) {
    throw configError(
      'drizzle() was given a client that poolsafe does not guard.',
      `make it with ${making}, or give drizzle() the URL`,
    );
  }
  if (poolsafe !== undefined) {
    throw configError(
      'drizzle() was given both a client and `poolsafe`, which only counts when the client is made.',
      `give \`poolsafe\` to ${making}`,
    );
  }
  return client;
}
